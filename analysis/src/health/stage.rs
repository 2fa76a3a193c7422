//! Whether a phased rollout may go on to its next stage.

use lake::Micros;

use crate::days::instant_text;
use crate::facts::records::ReleaseNote;
use crate::facts::stages::stages;
use crate::findings::{Advice, StageAdvice, Verdict};

/// What is to be done with the stage that a phased rollout is in at `now`: on with a release that
/// passes, else hold. `None` where the record names no stage, none has begun, or everybody has it.
pub(super) fn advice(
    note: &ReleaseNote,
    (verdict, decides_at): (Verdict, Option<&str>),
    now: Micros,
) -> Option<StageAdvice> {
    let stages = stages(&note.stages);
    let begun = stages.partition_point(|(at, _)| *at <= now);
    let (since, share) = *stages.get(begun.checked_sub(1)?)?;
    let next = stages.get(begun);
    if next.is_none() && share >= 1.0 {
        return None;
    }
    let is_open = verdict == Verdict::InsufficientData;
    Some(StageAdvice {
        advice: if verdict == Verdict::Pass {
            Advice::Advance
        } else {
            Advice::Hold
        },
        share,
        since: instant_text(since),
        next_share: next.map(|(_, share)| *share),
        next_at: next.map(|(at, _)| instant_text(*at)),
        decides_at: decides_at.filter(|_| is_open).map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use lake::parse_instant;
    use serde_json::json;

    use super::*;

    fn note(stages: &serde_json::Value) -> ReleaseNote {
        ReleaseNote {
            rollout: Some("phased".to_owned()),
            stages: stages.as_array().unwrap().clone(),
            ..ReleaseNote::default()
        }
    }

    #[test]
    fn a_stage_goes_on_when_the_release_passes_and_is_held_otherwise() {
        let stages = json!([
            {"at": "2026-03-05T00:00:00Z", "share": 1.0},
            {"at": "2026-03-01T00:00:00Z", "share": 0.05},
            {"at": "2026-03-03T00:00:00Z", "share": 0.25},
        ]);
        let note = note(&stages);
        let at = |text: &str| parse_instant(text).unwrap();
        let later = Some("2026-03-04T10:00:00Z");
        for (verdict, expected, decides_at) in [
            (Verdict::Pass, Advice::Advance, None),
            (Verdict::Warn, Advice::Hold, None),
            (Verdict::Fail, Advice::Hold, None),
            (Verdict::InsufficientData, Advice::Hold, later),
        ] {
            let found = advice(&note, (verdict, later), at("2026-03-03T12:00:00Z")).unwrap();
            let expected = StageAdvice {
                advice: expected,
                share: 0.25,
                since: "2026-03-03T00:00:00Z".to_owned(),
                next_share: Some(1.0),
                next_at: Some("2026-03-05T00:00:00Z".to_owned()),
                decides_at: decides_at.map(str::to_owned),
            };
            assert_eq!(found, expected);
        }
        let said = |at_text| advice(&note, (Verdict::Pass, None), at(at_text));
        assert_eq!(said("2026-02-28T00:00:00Z"), None, "none has begun");
        assert_eq!(said("2026-03-06T00:00:00Z"), None, "everybody has it");
    }

    #[test]
    fn stages_that_cannot_be_read_say_nothing() {
        let stages = json!([{"share": 0.5}, {"at": "soon", "share": 0.5}, 7, null]);
        let now = parse_instant("2026-03-03T12:00:00Z").unwrap();
        assert_eq!(advice(&note(&stages), (Verdict::Pass, None), now), None);
        let last = note(&json!([{"at": "2026-03-01T00:00:00Z", "share": 0.5}]));
        let found = advice(&last, (Verdict::Pass, None), now).unwrap();
        assert_eq!((found.next_share, found.next_at), (None, None));
    }
}
