use super::*;
use crate::fixtures;

fn written() -> Vec<Written> {
    let (weekly, planning) = (fixtures::weekly(), fixtures::planning());
    let release = fixtures::release();
    vec![
        kpi_weekly(&weekly).unwrap(),
        kpi_history(&weekly).unwrap(),
        release_health(&weekly).unwrap(),
        adoption_daily(&weekly.scope, weekly.adoption.iter()).unwrap(),
        feedback_themes(&weekly).unwrap(),
        data_quality(&weekly).unwrap(),
        delivery(&weekly.scope, weekly.delivery.as_ref().unwrap()).unwrap(),
        deployments(&weekly.scope, weekly.delivery.as_ref().unwrap()).unwrap(),
        priorities(&planning).unwrap(),
        dictionary(&weekly.scope).unwrap(),
        release_adoption(&weekly.scope, weekly.adoption.iter()).unwrap(),
        release_moves(&weekly).unwrap(),
        users_behind(&weekly).unwrap(),
        retention(&weekly).unwrap(),
        active_days(&weekly).unwrap(),
        features(&weekly.scope, &weekly.features.rows).unwrap(),
        feature_candidates(&weekly).unwrap(),
        funnel(&fixtures::funnels()).unwrap(),
        feedback(&fixtures::feedback_list()).unwrap(),
        release_themes(&fixtures::release_themes()).unwrap(),
        link_suggestions(&fixtures::link_suggestions()).unwrap(),
        adoption_by_age(&release).unwrap(),
        release_ratings(&release).unwrap(),
        release_checks(&release).unwrap(),
        release_verdicts(&release).unwrap(),
        release_timeline(&release).unwrap(),
        release_items(&release).unwrap(),
        release_goals(&release).unwrap(),
    ]
}

/// The table of this name.
fn table(file: &str) -> Written {
    let mut tables = written().into_iter();
    tables.find(|table| table.layout.file == file).unwrap()
}

fn parsed(table: &Written) -> Vec<csv::StringRecord> {
    let mut reader = csv::ReaderBuilder::new()
        .flexible(false)
        .from_reader(&table.file.bytes[..]);
    let header: Vec<String> = reader
        .headers()
        .unwrap()
        .iter()
        .map(str::to_owned)
        .collect();
    let names: Vec<&str> = table
        .layout
        .columns
        .iter()
        .map(|column| column.name)
        .collect();
    assert_eq!(header, names);
    reader.records().map(|record| record.unwrap()).collect()
}

fn column(table: &Written, name: &str) -> usize {
    table
        .layout
        .columns
        .iter()
        .position(|column| column.name == name)
        .unwrap()
}

#[test]
fn every_table_parses_back_with_typed_cells_and_no_formula() {
    for table in written() {
        let records = parsed(&table);
        assert_eq!(records.len(), table.rows.len(), "{}", table.layout.file);
        assert!(!records.is_empty());
        for record in &records {
            for (cell, column) in record.iter().zip(table.layout.columns) {
                let place = format!("{}.{}: {cell:?}", table.layout.file, column.name);
                assert!(column.nullable || !cell.is_empty(), "empty {place}");
                match column.kind {
                    Kind::Text => assert!(!analysis::is_run(cell), "{place}"),
                    _ if cell.is_empty() => {}
                    Kind::Date => assert!(guard::is_date(cell), "{place}"),
                    Kind::Integer => assert!(cell.parse::<u64>().is_ok(), "{place}"),
                    Kind::Number => assert!(cell.parse::<f64>().unwrap().is_finite(), "{place}"),
                    Kind::Boolean => assert!(cell == "true" || cell == "false", "{place}"),
                }
                assert!(
                    !cell.contains(['\n', '\r', '\u{202e}', '\u{1b}']),
                    "{place}"
                );
            }
        }
    }
}

#[test]
fn keys_are_unique_and_lines_end_as_the_standard_says() {
    for table in written() {
        let places: Vec<usize> = table
            .layout
            .key
            .iter()
            .map(|name| column(&table, name))
            .collect();
        let mut keys: Vec<Vec<String>> = parsed(&table)
            .iter()
            .map(|record| {
                places
                    .iter()
                    .map(|place| record[*place].to_owned())
                    .collect()
            })
            .collect();
        let all = keys.len();
        keys.sort();
        keys.dedup();
        assert_eq!(keys.len(), all, "{} has a key twice", table.layout.file);
        let text = String::from_utf8(table.file.bytes.clone()).unwrap();
        assert!(text.ends_with("\r\n") && !text.starts_with('\u{feff}'));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    }
}

#[test]
fn the_layouts_of_schema_s1_stand() {
    let header = |layout: &Layout| {
        layout
            .columns
            .iter()
            .map(|column| column.name)
            .collect::<Vec<_>>()
            .join(",")
    };
    assert!(header(&kpis::KPI_WEEKLY).starts_with(
        "schema_version,app,week_start,week_end,iso_week,tz,metric_id,metric_name,unit,value,\
         ci_low,ci_high,n,prev_value,delta_abs,delta_rel_pct,delta_ci_low,delta_ci_high,target,\
         status,is_partial,revision"
    ));
    assert!(header(&priorities::PRIORITIES).contains(
        "rank,item_id,title,kind,team,owner,status,reach_users,value_source,impact,\
         confidence_ratio,effort_person_days,score,value,factor_bug_fix,factor_strategic,\
         factor_feasibility,factor_dependencies,factor_resources,factor_cost,\
         factor_expected_return,factor_score,evidence_users,depends_on,decision,decision_reason,\
         extra_person_days,effort_at_most"
    ));
    assert_eq!(
        header(&adoption::ADOPTION_DAILY),
        "schema_version,app,tz,date,release,active_users,total_active_users,adoption_ratio,\
         days_since_release,stage,release_label,counted,users_on_it_or_newer,sessions,\
         total_sessions,session_ratio,offered_ratio,of_offered_ratio"
    );
}

#[test]
fn figures_are_those_found() {
    let tables = written();
    let kpis = parsed(&tables[0]);
    let mean = kpis
        .iter()
        .find(|record| &record[column(&tables[0], "metric_id")] == "rating_mean");
    let mean = mean.unwrap();
    assert_eq!(&mean[column(&tables[0], "value")], "4.020000");
    assert_eq!(&mean[column(&tables[0], "delta_abs")], "-0.290000");
    assert_eq!(&mean[column(&tables[0], "status")], "fell");
    let users = &kpis[0];
    assert_eq!(&users[column(&tables[0], "value")], "43950");
    assert_eq!(&users[column(&tables[0], "delta_rel_pct")], "3.1400");
    assert_eq!(&users[column(&tables[0], "ci_low")], "");
}

#[test]
fn adoption_is_told_by_release_by_move_and_by_platform() {
    let row = |file: &str, row: usize| {
        let table = table(file);
        let records = parsed(&table);
        move |name: &str| records[row][column(&table, name)].to_owned()
    };
    let newest = row("release_adoption", 0);
    assert_eq!(newest("stage"), "adopted");
    assert_eq!(newest("days_to_50_pct"), "8");
    assert_eq!(newest("days_to_50_pct_high"), "", "beyond what was seen");
    assert_eq!(newest("forecast_ratio"), "0.632000");
    assert_eq!(
        row("release_adoption", 1)("forecast_ratio"),
        "",
        "did not beat no change"
    );
    let back = row("release_moves", 2);
    assert_eq!(
        (back("users"), back("is_upgrade")),
        ("12".into(), "false".into())
    );
    let all = row("users_behind", 0);
    assert_eq!((all("platform"), all("n")), ("all".into(), "43950".into()));
    let daily = row("release_adoption_daily", 6);
    assert_eq!(daily("offered_ratio"), "0.500000");
    assert_eq!(daily("of_offered_ratio"), "0.820000");
    assert_eq!(daily("session_ratio"), "0.428571");
}

#[test]
fn a_release_is_told_beside_the_earlier_ones_with_what_it_rests_on() {
    let cells = |file: &str, row: usize, names: &[&str]| {
        let table = table(file);
        let records = parsed(&table);
        let cell = |name: &&str| records[row][column(&table, name)].to_owned();
        names.iter().map(cell).collect::<Vec<String>>()
    };
    let aged = ["report_release", "release", "first_date", "age_days"];
    assert_eq!(
        cells("adoption_by_age", 13, &aged),
        ["3.2.0", "3.1.0", "2026-08-29", "6"]
    );
    let share = ["active_users", "total_active_users", "adoption_ratio"];
    assert_eq!(
        cells("adoption_by_age", 6, &share),
        ["4006", "10000", "0.410000"]
    );
    let check = [
        "metric_id",
        "verdict",
        "value",
        "n",
        "baseline_n",
        "harm_ratio",
    ];
    assert_eq!(
        cells("release_checks", 0, &check),
        [
            "crash_free_sessions",
            "fail",
            "0.963000",
            "74120",
            "91404",
            "6.3000"
        ]
    );
    let past = ["revision", "verdict", "changed_from"];
    assert_eq!(cells("release_verdicts", 2, &past), ["3", "fail", "pass"]);
    let goal = ["place", "metric", "target", "outcome"];
    assert_eq!(
        cells("release_goals", 1, &goal),
        ["2", "feature_reach:dark_mode", "0.200000", "met"]
    );
    let rated = ["release", "ratings", "rating_mean", "rating_ci_low"];
    assert_eq!(
        cells("release_ratings", 1, &rated),
        ["3.1.0", "790", "4.310000", "4.210000"]
    );
}

#[test]
fn items_of_a_release_are_those_of_its_plan_or_of_its_record() {
    let rows = |found: &analysis::findings::ReleaseFindings| {
        let table = release_items(found).unwrap();
        let names = ["item_id", "standing", "observed_users", "not_measurable"];
        let cell = |record: &csv::StringRecord, name| record[column(&table, name)].to_owned();
        let records = parsed(&table);
        let rows = records.iter().map(|one| names.map(|name| cell(one, name)));
        rows.collect::<Vec<_>>()
    };
    let out = fixtures::release();
    let card = out.score_card.as_ref().unwrap();
    assert_eq!(rows(&out).len(), card.outcomes.len());
    let mut ahead = fixtures::release_ahead();
    assert!(rows(&ahead).iter().all(|row| !row[1].is_empty()));
    ahead.record.as_mut().unwrap().plan = None;
    assert_eq!(rows(&ahead), [["DARK-1", "", "", ""]]);
    assert!(rows(&fixtures::release_without_anything()).is_empty());
}

#[test]
fn history_says_of_whom_each_figure_is() {
    let table = table("kpi_history");
    let records = parsed(&table);
    let of = |row: usize| {
        ["grain", "release", "feature", "cohort_start", "value", "n"]
            .map(|name| records[row][column(&table, name)].to_owned())
    };
    assert_eq!(of(0), ["day", "", "", "", "9120", "9120"]);
    assert_eq!(of(1), ["window", "3.2.0", "", "", "0.963000", "74120"]);
    assert_eq!(of(2)[..2], ["window", ""]);
    assert!(!of(2)[2].is_empty(), "as hostile as it came, and guarded");
    let cohort = of(3);
    assert_eq!(cohort[3..], ["2026-09-21", "0.310000", "2400"]);
}

#[test]
fn retention_has_a_row_for_each_cohort_and_day_that_is_over() {
    let table = table("retention");
    let records = parsed(&table);
    let of = |cohort: &str, metric: &str| -> Vec<Vec<String>> {
        let cell = |record: &csv::StringRecord, name| record[column(&table, name)].to_owned();
        let rows = records.iter().filter(|record| {
            cell(record, "cohort") == cohort && cell(record, "metric_id") == metric
        });
        let names = ["cohort_by", "cohort_users", "day_n", "users", "ratio", "n"];
        rows.map(|record| names.map(|name| cell(record, name)).to_vec())
            .collect()
    };
    let week = of("2026-09-21", "retention_on_day");
    assert_eq!(
        week,
        [
            ["week", "1204", "1", "481", "0.400000", "1204"],
            ["week", "1204", "3", "301", "0.250000", "1204"],
            ["week", "1204", "7", "180", "0.150000", "1204"],
        ]
    );
    assert_eq!(of("all", "retention_rolling_day").len(), 6);
    assert_eq!(of("unknown", "retention_from_day").len(), 3);
}

#[test]
fn priorities_go_by_rank_and_say_what_brings_an_item_in() {
    let table = &table("priorities");
    let records = parsed(table);
    let ranks: Vec<&str> = records
        .iter()
        .map(|record| &record[column(table, "rank")])
        .collect();
    assert_eq!(ranks, ["1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let export = &records[3];
    assert_eq!(&export[column(table, "decision")], "cut");
    assert_eq!(&export[column(table, "extra_person_days")], "3.00");
    assert_eq!(&export[column(table, "effort_at_most")], "4.00");
    assert_eq!(&records[8][column(table, "effort_person_days")], "");
    assert_eq!(&records[6][column(table, "title")], "'=HYPERLINK(\"x\")");
    assert_eq!(&records[0][column(table, "factor_strategic")], "-1.50");
    assert_eq!(
        &records[4][column(table, "decision_reason")],
        "needed_by: SYNC-118"
    );
}

#[test]
fn the_ledger_adds_up_in_the_table() {
    let table = &table("data_quality");
    for record in parsed(table)
        .iter()
        .filter(|record| &record[column(table, "period")] == "since_start")
    {
        let count = |name| record[column(table, name)].parse::<u64>().unwrap();
        assert_eq!(
            count("received"),
            count("stored") + count("duplicate") + count("quarantined")
        );
    }
}

#[test]
fn the_manifest_describes_each_file_and_counts_guarded_cells() {
    let found = fixtures::weekly();
    let bundle = crate::weekly(&found, &fixtures::reproduce(), &crate::Brand::default()).unwrap();
    let manifest: serde_json::Value =
        serde_json::from_slice(&bundle.files.last().unwrap().bytes).unwrap();
    let resources = manifest["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 16);
    for resource in resources {
        let path = resource["path"].as_str().unwrap();
        let file = bundle.files.iter().find(|file| file.name == path).unwrap();
        assert_eq!(
            resource["bytes"].as_u64().unwrap(),
            crate::wording::size(&file.bytes)
        );
        assert_eq!(resource["sha256"].as_str().unwrap().len(), 64);
    }
    // The phrase "=1+1" alone; a hostile text that starts with "<" needs no mark.
    assert_eq!(manifest["guarded_cells"], 1);
    assert_eq!(manifest["table_versions"]["events"], 412);
}

#[test]
fn the_dictionary_names_every_column() {
    let table = &table("dictionary");
    let records = parsed(table);
    let metrics = records
        .iter()
        .filter(|record| &record[1] == "metric")
        .count();
    assert_eq!(metrics, analysis::metric::computed().count());
    let columns: usize = LAYOUTS.iter().map(|layout| layout.columns.len()).sum();
    assert_eq!(records.len(), metrics + columns);
}
