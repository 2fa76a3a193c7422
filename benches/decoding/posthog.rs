//! Bodies of PostHog's SDKs: small events of a server, and those of a browser with its fifty
//! properties. Estimate: 300 bytes take 2 µs and 2 kB take 9 µs.

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ingest::fuzzing::count_posthog;

use crate::EVENTS;

fn body(event: impl Fn(usize) -> String) -> Vec<u8> {
    let events: Vec<String> = (0..EVENTS).map(event).collect();
    let sent_at = "2026-05-01T09:29:55.000Z";
    let events = events.join(",");
    format!(r#"{{"api_key":"k","batch":[{events}],"sent_at":"{sent_at}"}}"#).into_bytes()
}

fn of_server(number: usize) -> String {
    format!(
        r#"{{"properties":{{"amount":9.5,"step":{number},"$session_id":"s{number}","$os":"Linux","$lib":"posthog-python","$lib_version":"7.91.1"}},"timestamp":"2026-05-01T09:29:50.951538+00:00","distinct_id":"u{number}","event":"paid","uuid":"01a204f0-9172-758d-adc7-b332dd3a{number:04}"}}"#
    )
}

fn of_browser(number: usize) -> String {
    let mut properties = String::new();
    for place in 0..40 {
        let value = "http://127.0.0.1/a/page";
        write!(properties, r#""$property_{place}":"{value}","#).unwrap_or_default();
    }
    format!(
        r#"{{"uuid":"01a204f0-9172-758d-adc7-b332dd3a{number:04}","event":"$pageview","properties":{{{properties}"$os":"Linux","$browser_language":"en-US","$lib":"web","$lib_version":"1.449.2","distinct_id":"u1","$device_id":"d1","$user_id":"u1","token":"k","$session_id":"s1","$is_identified":true}},"timestamp":"2026-05-01T09:29:50.000Z"}}"#
    )
}

pub(crate) fn posthog(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("posthog");
    for (name, body) in [("server", body(of_server)), ("browser", body(of_browser))] {
        assert_eq!(count_posthog(&body), (EVENTS, 0), "every event is taken");
        group.throughput(Throughput::Elements(EVENTS as u64));
        group.bench_function(
            format!("{name}_{}_bytes_each", body.len() / EVENTS),
            |bencher| {
                bencher.iter(|| black_box(count_posthog(black_box(&body))));
            },
        );
    }
    group.finish();
}
