//! Who could have a release on a day: everybody once it is out, or those of the phase that the
//! rollout had come to.

use crate::days::Days;
use crate::facts::records::ReleaseNote;
use crate::facts::stages::stages;
use crate::findings::AdoptionPoint;

/// Fills in the share offered and the share among those, by what the release's record says.
pub(super) fn add(points: &mut [AdoptionPoint], note: Option<&ReleaseNote>, days: &Days) {
    let Some(note) = note else {
        return;
    };
    let phases = phases(note, days);
    for point in points {
        // ISO days compare as text.
        let reached = phases
            .iter()
            .filter(|(day, _)| *day <= point.day)
            .map(|(_, share)| *share)
            .next_back();
        point.offered = reached.filter(|share| *share > 0.0);
        point.share_of_offered = point.offered.map(|offered| point.share / offered);
    }
}

/// (first day, share of the users), by day. A phased rollout whose stages have no days says nothing.
fn phases(note: &ReleaseNote, days: &Days) -> Vec<(String, f64)> {
    let day = |at| crate::days::day_text(days.day_of(at));
    match (note.rollout.as_deref(), note.released_at) {
        (Some(path), _) if path == lake::Rollout::Phased.as_str() => {
            let stages = stages(&note.stages).into_iter();
            stages.map(|(at, share)| (day(at), share)).collect()
        }
        (Some(_), Some(released_at)) => vec![(day(released_at), 1.0)],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn offered(rollout: &str, stages: &Value, day: &str) -> Option<f64> {
        let note = ReleaseNote {
            released_at: Some(lake::parse_instant("2026-03-02T00:00:00Z").unwrap()),
            rollout: Some(rollout.to_owned()),
            stages: stages.as_array().unwrap().clone(),
            ..ReleaseNote::default()
        };
        let mut points = [AdoptionPoint::of_users(day.to_owned(), 0, (3, 100))];
        add(&mut points, Some(&note), &Days::in_zone("UTC").unwrap());
        let [point] = points;
        assert_eq!(
            point.share_of_offered,
            point.offered.map(|offered| 0.03 / offered)
        );
        point.offered
    }

    #[test]
    fn a_phase_holds_until_the_next() {
        let stages = json!([
            {"at": "2026-03-04T00:00:00Z", "share": 0.25},
            {"at": "2026-03-02T00:00:00Z", "share": 0.05},
            {"at": "2026-03-09T12:00:00Z", "share": 1},
        ]);
        assert_eq!(offered("phased", &stages, "2026-03-01"), None);
        assert_eq!(offered("phased", &stages, "2026-03-03"), Some(0.05));
        assert_eq!(offered("phased", &stages, "2026-03-04"), Some(0.25));
        assert_eq!(offered("phased", &stages, "2026-03-08"), Some(0.25));
        assert_eq!(offered("phased", &stages, "2026-04-01"), Some(1.0));
    }

    #[test]
    fn percent_is_read_and_what_has_no_day_says_nothing() {
        let percent = json!([
            {"at": "2026-03-02", "share": 1}, {"at": "2026-03-04", "share": 20},
            {"at": "2026-03-06", "share": "50%"}, {"at": "2026-03-08", "percent": 80},
        ]);
        assert_eq!(offered("phased", &percent, "2026-03-02"), Some(0.01));
        assert_eq!(offered("phased", &percent, "2026-03-05"), Some(0.2));
        assert_eq!(offered("phased", &percent, "2026-03-07"), Some(0.5));
        assert_eq!(offered("phased", &percent, "2026-03-09"), Some(0.8));
        let days_missing = json!(["10%", "50%"]);
        assert_eq!(offered("phased", &days_missing, "2026-03-09"), None);
    }

    #[test]
    fn everybody_can_have_what_is_not_phased() {
        for path in ["big_bang", "push", "pull"] {
            assert_eq!(offered(path, &json!([]), "2026-03-02"), Some(1.0));
            assert_eq!(offered(path, &json!([]), "2026-03-01"), None);
        }
    }
}
