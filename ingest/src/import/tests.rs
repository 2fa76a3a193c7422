//! Files to records, on small tables that are written here and on real ones where they are there.

use std::io::Cursor;
use std::path::Path;

use jiff::tz::TimeZone;
use lake::{BacklogItem, Feedback, RefusalReason, ReleaseRecord};

use super::*;

fn destination() -> Destination {
    let author = Some("Ada".to_owned());
    Destination {
        app: "shop".to_owned(),
        received_at: 1_777_627_800_000_000,
        author,
    }
}

fn file(text: impl AsRef<[u8]>) -> source::File {
    Box::new(Cursor::new(text.as_ref().to_vec()))
}

fn records(import: &mut Import) -> Vec<Record<'static>> {
    import
        .by_ref()
        .flat_map(|batch| batch.unwrap().records)
        .collect()
}

fn reviewed(text: &str) -> (Vec<Record<'static>>, Notes) {
    let mut import = reviews(file(text), destination(), ReviewOptions::default()).unwrap();
    let records = records(&mut import);
    (records, import.notes())
}

fn feedback<'a, 'r>(record: &'a Record<'r>) -> &'a Feedback<'r> {
    match record {
        Record::Feedback(feedback) => feedback,
        other => panic!("not feedback: {other:?}"),
    }
}

fn reason<'a>(record: &'a Record<'_>) -> Option<(&'a str, RefusalReason)> {
    match record {
        Record::Refused(refused) => Some((&refused.refusal.field, refused.refusal.reason)),
        _ => None,
    }
}

const GOOGLE_PLAY: &str = "\u{feff}reviewId,userName,content,score,thumbsUpCount,reviewCreatedVersion,at,repliedAt,appVersion,replyLength\r\n\
    gp:1,Jane,\"読み込み出来ない 🙂\r\n\"\"=cmd\"\"\",1,3,4.7.0,2019-12-15 22:41:45,2019-12-16 01:00:00,4.8.0,12\r\n\
    gp:2,Joe,good,5,0,,2019-12-15 22:41:46,,4.8.0,0\r\n\
    gp:3,Jim,no score,,0,4.7.0,2019-12-15 22:41:47,,,0\r\n";

#[test]
fn google_play_reviews_become_feedback() {
    let (records, notes) = reviewed(GOOGLE_PLAY);
    let first = feedback(&records[0]);
    assert_eq!(
        (first.event_id.as_str(), first.id_given, first.revisable),
        ("gp:1", true, true)
    );
    assert_eq!(
        first.text.as_deref(),
        Some("読み込み出来ない 🙂\r\n\"=cmd\"")
    );
    assert_eq!(
        (first.score, first.votes, first.kind.as_str()),
        (Some(1.0), Some(3), "rating")
    );
    assert_eq!(first.origin.release.as_deref(), Some("4.7.0"));
    assert_eq!(first.origin.anonymous_id.as_deref(), Some("review:gp:1"));
    assert_eq!(first.source, "google_play");
    assert_eq!(first.times.occurred_at, 1_576_449_705_000_000);
    assert_eq!(first.replied_at, Some(1_576_458_000_000_000));
    assert_eq!(
        (first.times.flag, first.times.day),
        (None, 18_245),
        "history keeps its own day"
    );
    assert_eq!(
        feedback(&records[1]).origin.release.as_deref(),
        Some("4.8.0")
    );
    assert_eq!(feedback(&records[2]).kind.as_str(), "comment");
    assert_eq!(notes.personal_columns, ["userName"]);
    assert_eq!(notes.unmatched_columns, ["replyLength"]);
    assert!(
        records
            .iter()
            .all(|record| !format!("{record:?}").contains("Jane"))
    );
}

#[test]
fn columns_of_other_exports_are_known() {
    let app_store = "Date,Rating,Review Title,Review,Version,Author\n\"Dec 18, 2024\",4,Nice,Works well,2.1,Ann\n";
    let (records, _) = reviewed(app_store);
    let first = feedback(&records[0]);
    assert_eq!(first.text.as_deref(), Some("Nice\nWorks well"));
    assert_eq!((first.source.as_str(), first.score), ("csv", Some(4.0)));
    assert_eq!(first.origin.release.as_deref(), Some("2.1"));
    let (records, notes) =
        reviewed("score;content;at;appVersion2\n5;gut;2026-06-01 11:29:26;2.20.2\n");
    assert_eq!(
        feedback(&records[0]).origin.release.as_deref(),
        Some("2.20.2")
    );
    assert_eq!(notes.derived_ids, 1);
}

#[test]
fn mapping_and_zone_are_the_callers() {
    let options = ReviewOptions {
        map: vec![
            ("score".to_owned(), "sterne".to_owned()),
            ("occurred_at".to_owned(), "tag".to_owned()),
        ],
        zone: TimeZone::get("Asia/Tokyo").unwrap(),
        source: Some("survey".to_owned()),
    };
    let table = "Sterne,Tag\n4,2021-12-15 23:09:33\n";
    let mut import = reviews(file(table), destination(), options).unwrap();
    let records = records(&mut import);
    assert_eq!(
        feedback(&records[0]).times.occurred_at,
        1_639_577_373_000_000
    );
    assert_eq!(feedback(&records[0]).source, "survey");
    let failed = reviews(file(table), destination(), ReviewOptions::default());
    assert!(matches!(failed, Err(ImportError::Header { .. })));
}

#[test]
fn bad_rows_are_refused_with_their_own_bytes() {
    let table = "content,score,at\n\
        good,5,2024-12-18\n\
        ,,2024-12-18\n\
        no date,5,\n\
        bad date,5,soon\n\
        six,6,2024-12-18\n\
        word,five,2024-12-18\n\
        short\n";
    let (records, _) = reviewed(table);
    let expected = [
        None,
        Some(("score", RefusalReason::MissingField)),
        Some(("occurred_at", RefusalReason::MissingField)),
        Some(("occurred_at", RefusalReason::BadInstant)),
        Some(("score", RefusalReason::OutOfRange)),
        Some(("score", RefusalReason::WrongType)),
        Some(("occurred_at", RefusalReason::MissingField)),
    ];
    assert_eq!(records.iter().map(reason).collect::<Vec<_>>(), expected);
    let Record::Refused(kept) = &records[3] else {
        panic!("not refused")
    };
    assert_eq!(kept.raw, "bad date,5,soon");
}

#[test]
fn derived_ids_are_the_same_at_each_import_and_tell_equal_rows_apart() {
    let table = "content,score,at\ngood,5,2024-12-18 10:00:00\ngood,5,2024-12-18 10:00:00\n";
    let ids = |text: &str| -> Vec<String> {
        reviewed(text)
            .0
            .iter()
            .map(|record| feedback(record).event_id.to_string())
            .collect()
    };
    let first = ids(table);
    assert_eq!(first.len(), 2);
    assert_ne!(first[0], first[1]);
    assert_eq!(ids(table), first);
    let reordered = "at,score,content,more\n2024-12-18T10:00:00Z,5,good,x\n2024-12-18,5,good,x\n";
    assert_eq!(ids(reordered)[0], first[0]);
    assert_ne!(ids(reordered)[1], first[1]);
}

#[test]
fn batches_are_bounded_and_the_bar_reaches_the_end() {
    let rows: String = (0..4_321)
        .flat_map(|n| [n.to_string(), ",5,2024-12-18\n".to_owned()])
        .collect();
    let table = ["content,score,at\n", &rows].concat();
    let mut import = reviews(file(&table), destination(), ReviewOptions::default()).unwrap();
    let sizes: Vec<usize> = import
        .by_ref()
        .map(|batch| batch.unwrap().records.len())
        .collect();
    assert_eq!(sizes, [2_000, 2_000, 321]);
    assert_eq!(
        (import.rows_read(), import.bytes_read()),
        (4_321, table.len() as u64)
    );
}

#[test]
fn lines_become_events_and_lines_without_id_get_a_stable_one() {
    let lines = "\u{feff}{\"name\":\"open\",\"user_id\":\"u\",\"occurred_at\":\"2019-01-01T00:00:00Z\"}\n\n\
        {\"user_id\":\"u\",\"occurred_at\":\"2019-01-01T00:00:00Z\",\"name\":\"open\"}\r\n\
        {\"name\":\"open\",\"user_id\":\"u\",\"event_id\":\"own\"}\n\
        oops\n\
        {\"name\":\"open\",\"user_id\":\"u\",\"app\":\"bank\"}\n";
    let run = || {
        let mut import = ndjson(file(lines), destination(), LineContent::Events).unwrap();
        (records(&mut import), import.notes().derived_ids)
    };
    let (found, derived) = run();
    let ids: Vec<&str> = found
        .iter()
        .filter_map(|r| {
            if let Record::Event(e) = r {
                Some(e.event_id.as_str())
            } else {
                None
            }
        })
        .collect();
    assert_eq!((ids.len(), derived, ids[2]), (3, 3, "own"));
    assert_eq!(ids[1], [ids[0], "-2"].concat());
    let Record::Event(first) = &found[0] else {
        panic!("not an event")
    };
    assert_eq!((first.times.flag, first.id_given), (None, true));
    assert_eq!(reason(&found[3]), Some(("", RefusalReason::Unreadable)));
    assert_eq!(reason(&found[4]), Some(("app", RefusalReason::WrongApp)));
    assert_eq!(run().0, found);
}

#[test]
fn line_over_the_limit_is_refused_and_the_next_is_read() {
    let lines = format!(
        "{{\"score\":5,\"text\":\"{}\"}}\n{{\"score\":5}}\n",
        "x".repeat(2 << 20)
    );
    let mut import = ndjson(file(lines), destination(), LineContent::Feedback).unwrap();
    let found = records(&mut import);
    assert_eq!(reason(&found[0]), Some(("", RefusalReason::TooLarge)));
    assert_eq!(feedback(&found[1]).score, Some(5.0));
}

fn tabled(text: &str, what: TableContent) -> (Vec<Record<'static>>, Notes) {
    let mut import = table(file(text), destination(), what, &[], TimeZone::UTC).unwrap();
    let records = records(&mut import);
    (records, import.notes())
}

fn item<'a>(record: &'a Record<'_>) -> &'a BacklogItem {
    match record {
        Record::Backlog(item) => item,
        other => panic!("not a backlog item: {other:?}"),
    }
}

#[test]
fn backlog_in_our_own_names_is_read_whole() {
    let text = "item_id,title,kind,status,effort_person_days,team,owner,depends_on,factor_bug_fix,\
        factor_cost,reach_users,impact,confidence,keywords,feature_events,target,mandatory,colour\n\
        A-1,\"Fix, login\",bug,open,3.5,web,Ada,A-2;A-3,9,4,\"12,000\",2,80%,log in;password,login,2.0,yes,red\n\
        A-2,Later,,,,,,,,,,,,,,,,\n\
        ,no id,,,1,,,,,,,,,,,,,\n\
        A-4,bad,,,much,,,,11,,,,,,,,,\n";
    let (records, notes) = tabled(text, TableContent::Backlog);
    let first = item(&records[0]);
    assert_eq!(
        (first.title.as_str(), first.effort_person_days),
        ("Fix, login", Some(3.5))
    );
    assert_eq!(first.depends_on, ["A-2", "A-3"]);
    assert_eq!(
        (first.factors.bug_fix, first.factors.cost),
        (Some(9.0), Some(4.0))
    );
    assert_eq!(
        (first.reach_users, first.confidence),
        (Some(12_000.0), Some(0.8))
    );
    assert_eq!(first.keywords, ["log in", "password"]);
    assert_eq!(
        (first.mandatory, first.author.as_deref()),
        (true, Some("Ada"))
    );
    assert_eq!(
        item(&records[1]).effort_person_days,
        None,
        "unknown, never 0"
    );
    assert_eq!(
        reason(&records[2]),
        Some(("item_id", RefusalReason::MissingField))
    );
    assert_eq!(
        reason(&records[3]),
        Some(("effort_person_days", RefusalReason::WrongType))
    );
    assert_eq!(notes.unmatched_columns, ["colour"]);
}

#[test]
fn backlog_of_a_tracker_is_read_by_its_own_names() {
    let jira = "Summary,Issue key,Issue id,Issue Type,Status,Original Estimate,Labels,Labels,\
        Inward issue link (Blocks),Inward issue link (Blocks)\n\
        Crash at start,SHOP-7,10007,Bug,Won't Do,144000,a,b,SHOP-1,SHOP-2\n";
    let (records, notes) = tabled(jira, TableContent::Backlog);
    let first = item(&records[0]);
    assert_eq!(
        (first.item_id.as_str(), first.title.as_str()),
        ("SHOP-7", "Crash at start")
    );
    assert_eq!(
        (first.status.as_deref(), first.effort_person_days),
        (Some("closed"), Some(5.0))
    );
    assert_eq!(first.depends_on, ["SHOP-1", "SHOP-2"]);
    assert_eq!(notes.unmatched_columns, ["Issue id", "Labels", "Labels"]);
    assert_eq!(notes.remarks, ["taken as an export of Jira"]);
    let linear =
        "ID,Team,Title,Status,Estimate,Blocked by\nENG-1,Core,Faster,Todo,3,\"ENG-2, ENG-3\"\n";
    let (records, _) = tabled(linear, TableContent::Backlog);
    assert_eq!(item(&records[0]).depends_on, ["ENG-2", "ENG-3"]);
    assert_eq!(item(&records[0]).effort_person_days, Some(3.0));
}

#[test]
fn jira_says_in_other_columns_what_has_ended_and_what_waits() {
    let jira = "\u{feff}Summary;Issue key;Issue Type;Status;Status Category;Resolution;\
        Custom field (Story Points);Original Estimate;Time Spent;Votes;Outward issue link (Blocks);\
        Outward issue link (Blocks);Outward issue link (Duplicate)\n\
        Base;SHOP-1;Story;Open;To Do;;3;144000;;4;SHOP-2;SHOP-3;\n\
        Next;SHOP-2;Story;Shipped out;Done;Done;;38h;57600;0;;;\n\
        Twice;SHOP-3;Bug;Open;To Do;;;;0;;;;SHOP-1\n\
        Never;SHOP-4;Bug;Open;To Do;Won't Do;;;;;;;;too;wide\n";
    let (records, notes) = tabled(jira, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    let status = |n: usize| items[n].status.as_deref().unwrap();
    assert_eq!(
        [0, 1, 2, 3].map(status),
        ["Open", "done", "closed", "closed"]
    );
    let effort = |n: usize| items[n].effort_person_days;
    assert_eq!([0, 1, 2].map(effort), [Some(3.0), Some(4.75), None]);
    let spent = |n: usize| items[n].spent_person_days;
    assert_eq!([0, 1, 2].map(spent), [None, Some(2.0), None]);
    assert_eq!(
        (items[0].reach_users, items[1].reach_users),
        (Some(4.0), None)
    );
    assert_eq!(
        (&items[1].depends_on[..], &items[2].depends_on[..]),
        (&["SHOP-1".to_owned()][..], &["SHOP-1".to_owned()][..])
    );
    assert!(
        notes.unmatched_columns.is_empty(),
        "{:?}",
        notes.unmatched_columns
    );
    assert_eq!(
        (&notes.wide_rows.first[..], notes.wide_rows.count),
        (&[4][..], 1)
    );
    assert!(notes.remarks[0].contains("Jira"));
}

#[test]
fn linear_says_by_instants_what_has_ended() {
    let linear = "ID,Team,Title,Status,Estimate,Priority,Cycle Name,Completed,Canceled,Blocked by,\
        Duplicate of\n\
        E-1,Core,One,Ready,2,Urgent,,,,\"E-2, E-3\",\n\
        E-2,Core,Two,Merged to main,,Low,,2026-05-01T10:00:00Z,,,\n\
        E-3,Core,Three,Nope,1,Low,,,2026-05-01T10:00:00Z,,\n\
        E-4,Core,Four,Ready,1,Low,,,,,E-1\n";
    let (records, _) = tabled(linear, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    let status = |n: usize| items[n].status.as_deref().unwrap();
    assert_eq!(
        [0, 1, 2, 3].map(status),
        ["Ready", "done", "closed", "closed"]
    );
    assert_eq!(items[0].depends_on, ["E-2", "E-3"]);
    assert_eq!(items[1].effort_person_days, None);
}

#[test]
fn clickup_counts_in_milliseconds_and_names_the_types_of_its_fields() {
    let clickup = "\u{feff}Task ID,Task Custom ID,Task Name,Status,List Name,Time Estimated,\
        Time Logged,Dependencies,Assignees,Sprint Points (number),MoSCoW (drop down)\n\
        86a,,First,to do,Now,28800000,,,[Ada],,Must\n\
        86b,C-2,Second,complete,Now,28800000,14400000,\"[86a,86z]\",[],5,Could\n";
    let (records, notes) = tabled(clickup, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    assert_eq!(
        (items[0].item_id.as_str(), items[1].item_id.as_str()),
        ("86a", "86b")
    );
    let effort = |n: usize| items[n].effort_person_days;
    assert_eq!([0, 1].map(effort), [Some(1.0), Some(5.0)]);
    let spent = |n: usize| items[n].spent_person_days;
    assert_eq!([0, 1].map(spent), [None, Some(0.5)]);
    assert_eq!(items[1].depends_on, ["86a", "86z"]);
    assert_eq!(
        notes.unmatched_columns,
        ["Task Custom ID", "List Name", "MoSCoW"]
    );
}

#[test]
fn trello_asana_and_fider_are_read_as_they_are_written() {
    let trello = "Card ID,Card Name,Labels,List Name,Archived\n\
        t1,[8pts] Search,,Doing,false\nt2,Filters,\"ui,sp:3\",Doing,true\n";
    let (records, _) = tabled(trello, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    assert_eq!(
        (items[0].effort_person_days, items[1].effort_person_days),
        (Some(8.0), Some(3.0))
    );
    assert_eq!(
        (items[0].status.as_deref(), items[1].status.as_deref()),
        (Some("Doing"), Some("closed"))
    );
    assert_eq!(items[0].title, "[8pts] Search");
    let asana = "Task ID,Completed At,Name,Section/Column,Assignee,Blocked By (Dependencies)\n\
        120,,\"Plan, then act\",To do,,\n121,2026-05-01,Act,To do,,\"Plan, then act\"\n\
        122,,Check,To do,,\"Act,Plan\"\n";
    let (records, _) = tabled(asana, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    assert_eq!(items[1].depends_on, ["120"]);
    assert_eq!(items[2].depends_on, ["121", "Plan"]);
    assert_eq!(
        (items[0].status.as_deref(), items[1].status.as_deref()),
        (Some("To do"), Some("done"))
    );
    let fider = "number,title,votes_count,status,original_number,original_title\n\
        7,Dark,12,open,,\n8,Night,1,open,7,Dark\n";
    let (records, _) = tabled(fider, TableContent::Backlog);
    let items: Vec<_> = records.iter().map(item).collect();
    assert_eq!(
        (items[0].reach_users, items[0].status.as_deref()),
        (Some(12.0), Some("open"))
    );
    assert_eq!(items[1].status.as_deref(), Some("closed"));
}

#[test]
fn github_issues_come_as_a_list() {
    let list = r#"[
        {"number": 1, "title": "Crash", "state": "OPEN", "labels": [{"name": "bug"}, {"name": "sp:5"}],
         "milestone": {"title": "4.3.0"}, "assignees": [{"login": "ada"}], "blocking": [{"number": 3}],
         "reactionGroups": [{"content": "THUMBS_UP", "users": {"totalCount": 4}}]},
        {"number": 2, "title": "No", "state": "CLOSED", "stateReason": "NOT_PLANNED", "labels": []},
        {"number": 3, "title": "Then", "state": "CLOSED", "stateReason": "COMPLETED",
         "blockedBy": {"nodes": [{"number": 2}]}, "issueType": {"name": "Feature"}},
        {"number": 4}, 7]"#;
    let (records, notes) = tabled(list, TableContent::Backlog);
    assert_eq!(records.len(), 5);
    let items: Vec<_> = records[..3].iter().map(item).collect();
    let first = items[0];
    assert_eq!(
        (first.item_id.as_str(), first.effort_person_days),
        ("1", Some(5.0))
    );
    assert_eq!(
        (first.kind.as_deref(), first.owner.as_deref()),
        (Some("bug"), Some("ada"))
    );
    assert_eq!(
        (first.target.as_deref(), first.reach_users),
        (Some("4.3.0"), Some(4.0))
    );
    let status = |n: usize| items[n].status.as_deref().unwrap();
    assert_eq!([0, 1, 2].map(status), ["open", "closed", "done"]);
    assert_eq!(items[2].depends_on, ["2", "1"]);
    assert!(
        records[3..]
            .iter()
            .all(|record| matches!(record, Record::Refused(_)))
    );
    assert!(notes.remarks[0].contains("GitHub"));
}

#[test]
fn releases_are_read_with_goals_and_rollout() {
    let text = "version,released_at,rollout,stages,scope,goals\n\
        2.0.0,2026-05-01,Big Bang,,A-1;A-2,rating_mean=4.3\n\
        2.1.0,2026-05-08 09:00:00,phased,10%;50%;100%,,\"[{\"\"metric\"\":\"\"m\"\",\"\"target\"\":1}]\"\n\
        2.2.0,,sideways,,,\n";
    let (records, _) = tabled(text, TableContent::Releases);
    let release = |index: usize| -> &ReleaseRecord {
        match &records[index] {
            Record::Release(release) => release,
            other => panic!("not a release: {other:?}"),
        }
    };
    assert_eq!(release(0).rollout, Some(lake::Rollout::BigBang));
    assert_eq!(
        (release(0).scope.len(), release(0).goals[0].target),
        (2, 4.3)
    );
    assert_eq!(
        release(1).stages.as_deref(),
        Some("[\"10%\",\"50%\",\"100%\"]")
    );
    assert_eq!(release(1).goals[0].metric, "m");
    assert_eq!(
        reason(&records[2]),
        Some(("rollout", RefusalReason::OutOfRange))
    );
}

/// Row counts as the data's own description gives them.
const REAL: [(&str, u64); 7] = [
    ("uber_2024.csv", 12_000),
    ("umang.csv", 18_600),
    ("chatgpt_2026.csv", 600),
    ("ja_paypay_2021.csv", 1_052),
    ("ja_paypay_2023.csv", 700),
    ("ja_cokeon_2021.csv", 1_736),
    ("ja_coke_on_2023.csv", 839),
];

#[test]
fn real_exports_are_read_row_by_row() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/reviews");
    for (name, rows) in REAL {
        let path = folder.join(name);
        let Ok(opened) = std::fs::File::open(&path) else {
            eprintln!("skipped: {} is not there", path.display());
            continue;
        };
        let bytes = opened.metadata().unwrap().len();
        let mut import =
            reviews(Box::new(opened), destination(), ReviewOptions::default()).unwrap();
        let mut ids = std::collections::BTreeSet::new();
        for record in records(&mut import) {
            let found = feedback(&record);
            assert!(
                found.score.is_some() && found.times.flag.is_none(),
                "{name}"
            );
            ids.insert(found.event_id.to_string());
        }
        assert_eq!(
            (import.rows_read(), import.bytes_read()),
            (rows, bytes),
            "{name}"
        );
        if import.notes().derived_ids > 0 {
            assert_eq!(ids.len() as u64, rows, "{name}: one derived id a row");
        }
    }
}

/// Imports a file of reviews into an engine, and says what became of it by the ledger.
async fn imported(ingest: &crate::Ingest, text: &str) -> ImportSummary {
    let ledger = async || Ledger::read(&ingest.lake().snapshot().await.unwrap()).unwrap();
    let before = ledger().await;
    let mut import = reviews(file(text), destination(), ReviewOptions::default()).unwrap();
    for batch in import.by_ref() {
        ingest.submit(batch.unwrap()).await.unwrap();
    }
    ingest.flush().await.unwrap();
    ImportSummary::between(&before, &ledger().await, "shop", import.rows_read())
}

#[tokio::test]
async fn second_import_stores_nothing_and_another_rating_is_a_revision() {
    let folder = tempfile::tempdir().unwrap();
    let clock = std::sync::Arc::new(lake::FixedClock(destination().received_at));
    let settings = crate::Settings::default();
    let (ingest, _) = crate::Ingest::open(folder.path(), settings, clock)
        .await
        .unwrap();
    let table = [
        GOOGLE_PLAY,
        "gp:4,Jo,bad,9,0,,2019-12-15 22:41:46,,4.8.0,0\r\n",
    ]
    .concat();
    let summary = |stored, updated, duplicate| ImportSummary {
        read: 4,
        stored,
        updated,
        duplicate,
        quarantined: 1,
        reasons: [("out_of_range".to_owned(), 1)].into(),
    };
    assert_eq!(imported(&ingest, &table).await, summary(3, 0, 0));
    assert_eq!(imported(&ingest, &table).await, summary(0, 0, 3));
    let changed = table.replace("good,5", "good,2");
    assert_eq!(imported(&ingest, &changed).await, summary(1, 1, 2));
    assert_eq!(imported(&ingest, &changed).await, summary(0, 0, 3));
    ingest.shutdown().await.unwrap();
}
