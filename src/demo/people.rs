//! The users of the synthetic app: who they are, how often they come, and when each of them moves to
//! a new release.

use super::chance::{Rng, ppm};
use super::truth::Truth;

/// Somebody who uses the app.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    device: String,
    /// None where nobody ever signs in.
    user: Option<String>,
    /// The day from which on the user is named.
    signs_in_on: u32,
    pub(crate) platform: &'static str,
    pub(crate) locale: &'static str,
    /// Probability of a session on a day, in parts per million.
    pub(crate) daily: u64,
    /// By release: the place in the order in which people move to it, from 0.
    places: Vec<u32>,
}

impl Person {
    /// The field that names them on a day, and what stands in it.
    pub(crate) fn name_on(&self, day: u32) -> (&'static str, &str) {
        match &self.user {
            Some(user) if self.signs_in_on <= day => ("user_id", user),
            _ => ("anonymous_id", &self.device),
        }
    }

    /// What ties the device to the user, where somebody comes on a device before signing in.
    pub(crate) fn sign_in(&self) -> Option<[(&'static str, &str); 2]> {
        let user = self.user.as_deref().filter(|_| self.signs_in_on > 0)?;
        Some([("user_id", user), ("anonymous_id", &self.device)])
    }
}

/// All users, and the curves by which they move.
#[derive(Debug, Clone)]
pub(crate) struct People {
    pub(crate) all: Vec<Person>,
    /// By release and day: how many have moved to it.
    moved: Vec<Vec<u32>>,
}

const PLATFORMS: [&str; 5] = ["android", "android", "android", "ios", "ios"];
const LOCALES: [&str; 6] = ["en-US", "en-US", "en-GB", "en-IN", "de-DE", "nl-NL"];

impl People {
    /// The people of the truth's seed.
    pub(crate) fn new(truth: &Truth) -> Self {
        let mut rng = Rng::stream(truth.seed, "people");
        let mut signing_in = Rng::stream(truth.seed, "sign-ins");
        let mut all: Vec<Person> = (0..truth.activity.users)
            .map(|number| person(number, truth, (&mut rng, &mut signing_in)))
            .collect();
        let moved: Vec<Vec<u32>> = truth
            .releases
            .iter()
            .map(|release| {
                (0..truth.days)
                    .map(|day| part(truth.activity.users, release.adoption_on(day)))
                    .collect()
            })
            .collect();
        for release in 0..moved.len() {
            let before = release
                .checked_sub(1)
                .and_then(|before| moved[before].last().copied());
            queue(&mut all, before, release, &mut rng);
        }
        Self { all, moved }
    }

    /// The place, in the truth's list, of the release that a person has on a day: the newest that
    /// they have moved to.
    pub(crate) fn release_on(&self, person: &Person, day: u32) -> Option<usize> {
        let day = usize::try_from(day).ok()?;
        let has = |release: &usize| {
            let moved = self.moved[*release].get(day).copied().unwrap_or(0);
            person.places[*release] < moved
        };
        (0..self.moved.len()).rev().find(has)
    }
}

fn person(number: u32, truth: &Truth, (rng, signing_in): (&mut Rng, &mut Rng)) -> Person {
    let anonymous = rng.chance(ppm(truth.activity.anonymous_share));
    let signs_in = signing_in.chance(ppm(truth.activity.sign_in_share));
    let day = signing_in.below(u64::from(truth.days));
    let mut at = rng.below(1_000_000);
    let class = truth.activity.classes.iter().find(|class| {
        let here = at < ppm(class.share);
        at = at.saturating_sub(ppm(class.share));
        here
    });
    Person {
        device: format!("device-{number:05}"),
        user: (!anonymous).then(|| format!("user-{number:05}")),
        signs_in_on: u32::try_from(day).unwrap_or(0) * u32::from(signs_in),
        platform: rng.pick(&PLATFORMS).copied().unwrap_or("android"),
        locale: rng.pick(&LOCALES).copied().unwrap_or("en-US"),
        daily: ppm(class
            .or(truth.activity.classes.last())
            .map_or(0.0, |class| class.daily)),
        places: Vec::new(),
    }
}

/// Puts the people into the order in which they move to a release: first, shuffled, those who moved
/// to the one before (`before` of them), then the rest. Who never updates does not update again.
fn queue(all: &mut [Person], before: Option<u32>, release: usize, rng: &mut Rng) {
    let mut order: Vec<usize> = (0..all.len()).collect();
    rng.shuffle(&mut order);
    if let (Some(before), Some(last)) = (before, release.checked_sub(1)) {
        order.sort_by_key(|person| all[*person].places[last] >= before);
    }
    for (place, person) in (0_u32..).zip(order) {
        all[person].places.push(place);
    }
}

/// So many of `whole` as the share says.
fn part(whole: u32, share: f64) -> u32 {
    let parts = u64::from(whole) * ppm(share) / 1_000_000;
    u32::try_from(parts).unwrap_or(whole)
}
