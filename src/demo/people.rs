//! The users of the synthetic app: who they are, how often they come, and when each of them moves to
//! a new release.

use super::chance::{Rng, ppm};
use super::truth::Truth;

/// Somebody who uses the app.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    /// The field that names them: `user_id` or `anonymous_id`.
    pub(crate) id_field: &'static str,
    pub(crate) id: String,
    pub(crate) platform: &'static str,
    pub(crate) locale: &'static str,
    /// Probability of a session on a day, in parts per million.
    pub(crate) daily: u64,
    /// By release: the place in the order in which people move to it, from 0.
    places: Vec<u32>,
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
        let mut all: Vec<Person> = (0..truth.activity.users)
            .map(|number| person(number, truth, &mut rng))
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

fn person(number: u32, truth: &Truth, rng: &mut Rng) -> Person {
    let anonymous = rng.chance(ppm(truth.activity.anonymous_share));
    let (id_field, id) = if anonymous {
        ("anonymous_id", format!("device-{number:05}"))
    } else {
        ("user_id", format!("user-{number:05}"))
    };
    let mut at = rng.below(1_000_000);
    let class = truth.activity.classes.iter().find(|class| {
        let here = at < ppm(class.share);
        at = at.saturating_sub(ppm(class.share));
        here
    });
    Person {
        id_field,
        id,
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
