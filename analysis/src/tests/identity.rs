//! Ids of one person count as one, whatever is asked: what is found equals what would be, had each
//! event named the person at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lake::{Event, EventKind, Feedback, FeedbackKind, Micros, SessionStatus};

use crate::fixture::*;
use crate::funnel::{self, Funnel};
use crate::weekly::of_tables;

/// Pseudo-random numbers below `n`, the same on every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % n
    }
}

fn identify(id: &str, (device, user): (&str, &str), at: Micros) -> Event<'static> {
    let mut event = usage(id, "identify", user, "", at);
    event.kind = EventKind::Identify;
    event.origin.anonymous_id = Some(device.to_owned().into());
    event
}

/// What people did under the ids that they had, and who they are.
struct Told {
    events: Vec<Event<'static>>,
    feedback: Vec<Feedback<'static>>,
    person: BTreeMap<String, String>,
}

const PEOPLE: i64 = 60;
const WEEKS: i64 = 5;

impl Told {
    /// Each of some people begins on devices that nobody knows and signs in on some of them, some days
    /// later or never; some change their user id on the way.
    fn of(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let begin = at("2026-03-02T00:00:00Z");
        let (mut events, mut feedback) = (Vec::new(), Vec::new());
        let mut person = BTreeMap::new();
        for n in 0..PEOPLE {
            let (first, last) = (format!("u{n}"), format!("v{n}"));
            let moves = (dice.below(4) == 0).then(|| begin + dice.below(WEEKS * 7) * DAY);
            if let Some(at) = moves {
                events.push(identify(&format!("m{n}"), (&first, &last), at));
                person.insert(first.clone(), last.clone());
            }
            let known = |at: Micros| moves.filter(|moves| *moves <= at).map_or(&first, |_| &last);
            let devices: Vec<(String, Micros)> = (0..1 + dice.below(3))
                .map(|d| (format!("d{n}-{d}"), begin + dice.below(WEEKS * 9) * DAY))
                .collect();
            for (device, signs_in) in &devices {
                if *signs_in < begin + WEEKS * 7 * DAY {
                    let user = known(*signs_in);
                    events.push(identify(&format!("i{device}"), (device, user), *signs_in));
                    person.insert(device.clone(), moves.map_or(&first, |_| &last).clone());
                }
            }
            for k in 0..dice.below(40) {
                let (device, signs_in) =
                    &devices[usize::try_from(dice.below(3)).unwrap() % devices.len()];
                let moment =
                    begin + dice.below(WEEKS * 7 * 24) * HOUR + dice.below(3_600) * 1_000_000;
                let release = ["1.0", "1.1"][usize::from(moment > begin + (20 + n % 9) * DAY)];
                let id = format!("e{n}-{k}");
                let is_known = *signs_in <= moment;
                let who = if is_known { known(moment).as_str() } else { "" };
                let mut event = match dice.below(4) {
                    0 => {
                        let status = [SessionStatus::Exited, SessionStatus::Crashed];
                        let status = status[usize::from(dice.below(6) == 0)];
                        update(
                            &id,
                            &format!("s{n}-{}", k / 2),
                            status,
                            (who, release),
                            moment,
                        )
                    }
                    kind => usage(&id, &format!("f{kind}"), who, release, moment),
                };
                event.origin.anonymous_id = Some(device.clone().into());
                if dice.below(5) == 0 {
                    let mut piece = self::feedback(
                        &format!("r{n}-{k}"),
                        FeedbackKind::Rating,
                        Some(1.0 + dice.below(5) as f64),
                        (who, release),
                        moment,
                    );
                    piece.origin.anonymous_id = Some(device.clone().into());
                    feedback.push(piece);
                }
                events.push(event);
            }
        }
        Self {
            events,
            feedback,
            person,
        }
    }

    /// The same, had each event named the person.
    fn as_persons(&self) -> Self {
        let named = |origin: &mut lake::Origin<'static>| {
            let id = origin.user_id.take().or(origin.anonymous_id.take());
            origin.anonymous_id = None;
            let person = id.map(|id| self.person.get(&*id).cloned().unwrap_or(id.to_string()));
            origin.user_id = person.map(Into::into);
        };
        let (mut events, mut feedback) = (self.events.clone(), self.feedback.clone());
        events.iter_mut().for_each(|event| named(&mut event.origin));
        feedback
            .iter_mut()
            .for_each(|piece| named(&mut piece.origin));
        Self {
            events,
            feedback,
            person: BTreeMap::new(),
        }
    }

    /// All that a week's report and a funnel find, as JSON.
    fn found(&self) -> (serde_json::Value, serde_json::Value) {
        let mut fixture = Fixture::new();
        fixture.events(self.events.clone());
        fixture.feedback(self.feedback.clone());
        let tables = fixture.tables();
        let as_of = at("2026-04-06T12:00:00Z");
        let settings = crate::Settings {
            history_weeks: 4,
            ..settings()
        };
        let findings = of_tables(&tables, &settings, &week("2026-W14"), as_of).unwrap();
        let funnel = Funnel::read("f1 > f2 > f3", Duration::from_secs(20 * 86_400)).unwrap();
        let segment = Default::default();
        let period = week("2026-W12");
        let asked = (&[funnel][..], &segment);
        let funnels = funnel::of_tables(&tables, &settings, &period, asked, as_of).unwrap();
        (
            serde_json::to_value(findings).unwrap(),
            serde_json::to_value(funnels).unwrap(),
        )
    }
}

#[test]
fn ids_of_one_person_count_as_one_in_everything() {
    for seed in 0..4 {
        let told = Told::of(seed);
        let persons = told.as_persons();
        let ids = |told: &Told| -> BTreeSet<String> {
            let origins = told.events.iter().map(|event| &event.origin);
            let id = |origin: &lake::Origin<'static>| {
                let id = origin.user_id.as_deref().or(origin.anonymous_id.as_deref());
                id.unwrap_or_default().to_owned()
            };
            origins.map(id).collect()
        };
        let (sent, people) = (ids(&told).len(), ids(&persons).len());
        assert!(sent > people + 40, "{sent} ids of {people} people");
        assert_eq!(told.found(), persons.found(), "seed {seed}");
    }
}

#[test]
fn a_tie_is_not_known_before_it_is_told() {
    let monday = at("2026-03-02T12:00:00Z");
    let mut before = usage("e1", "open", "", "1.0", monday);
    before.origin.anonymous_id = Some("phone".into());
    let mut fixture = Fixture::new();
    fixture.events(vec![
        before,
        usage("e2", "open", "ann", "1.0", monday + DAY),
        identify("i", ("phone", "ann"), monday + 2 * DAY),
    ]);
    let users = |as_of| {
        let tables = fixture.tables();
        let findings = of_tables(&tables, &settings(), &week("2026-W10"), as_of).unwrap();
        let kpi = findings
            .kpis
            .iter()
            .find(|kpi| kpi.metric == "active_users");
        kpi.unwrap().now.value
    };
    assert_eq!(users(monday + 2 * DAY - 1), Some(2.0));
    assert_eq!(users(monday + 2 * DAY), Some(1.0));
}
