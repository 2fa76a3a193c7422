use super::*;

const LABELLED: [(&str, Kind); 8] = [
    ("crashes when I open the camera", Kind::BugReport),
    ("it crashes and freezes every time", Kind::BugReport),
    ("please add a dark mode", Kind::FeatureRequest),
    ("would be nice to add widgets, please", Kind::FeatureRequest),
    ("great app", Kind::Praise),
    ("love it, great", Kind::Praise),
    ("I use it to plan my trips with friends", Kind::Other),
    ("I use it every day at work to take notes", Kind::Other),
];

#[test]
fn learns_and_says_the_same_every_time() {
    let classifier = Classifier::fitted(&LABELLED);
    for (text, kind) in LABELLED {
        assert_eq!(classifier.judge(text).kind, kind, "{text}");
    }
    assert_eq!(classifier, Classifier::fitted(&LABELLED));
    let judgement = classifier.judge("crashing whenever I open it");
    assert_eq!(judgement.kind, Kind::BugReport);
    assert!((judgement.probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(judgement.actionable() >= judgement.probabilities[0]);
}

#[test]
fn bytes_keep_the_judgement() {
    let classifier = Classifier::fitted(&LABELLED);
    let bytes = classifier.to_bytes();
    let read = Classifier::from_bytes(&bytes).unwrap();
    for (text, _) in LABELLED {
        let (a, b) = (classifier.judge(text), read.judge(text));
        for (a, b) in a.probabilities.iter().zip(b.probabilities) {
            assert!((a - b).abs() < 0.02, "{text}: {a} {b}");
        }
    }
}

#[test]
fn damaged_and_foreign_bytes_are_told_apart() {
    let mut bytes = SHIPPED.to_vec();
    bytes[5_000] ^= 1;
    assert_eq!(
        Classifier::from_bytes(&bytes),
        Err(CoefficientsError::Damaged)
    );
    assert_eq!(
        Classifier::from_bytes(&bytes[1..]),
        Err(CoefficientsError::Foreign)
    );
    assert_eq!(Classifier::from_bytes(b""), Err(CoefficientsError::Foreign));
}

#[test]
fn corrections_move_what_they_are_about_and_little_else() {
    let before = Classifier::fitted(&LABELLED);
    let correction = ("the widget is gone", Kind::BugReport);
    let after = before.corrected(&[correction; 5]);
    assert_eq!(after.judge(correction.0).kind, Kind::BugReport);
    assert_eq!(after.judge("great app").kind, Kind::Praise);
    assert_eq!(before.corrected(&[]), before);
    let japanese = ("アプリが落ちる", Kind::BugReport);
    assert_eq!(
        before.corrected(&[japanese; 5]).judge(japanese.0).kind,
        Kind::BugReport
    );
}

#[test]
fn the_shipped_coefficients_know_the_plain_cases() {
    let classifier = Classifier::shipped().unwrap();
    let cases = [
        (
            "The app crashes every time I try to upload a photo. Please fix",
            Kind::BugReport,
        ),
        (
            "Please add an option to download the whole folder",
            Kind::FeatureRequest,
        ),
        ("Awesome app", Kind::Praise),
    ];
    for (text, kind) in cases {
        assert_eq!(classifier.judge(text).kind, kind, "{text}");
    }
    assert_eq!(classifier.judge("").probabilities.len(), KINDS);
}

#[test]
fn a_verdict_by_one_who_dislikes_is_no_praise() {
    assert_eq!(Kind::Praise.with_tone(Some(Tone::Dislike)), Kind::Other);
    assert_eq!(Kind::Praise.with_tone(Some(Tone::Like)), Kind::Praise);
    assert_eq!(
        Kind::BugReport.with_tone(Some(Tone::Dislike)),
        Kind::BugReport
    );
}
