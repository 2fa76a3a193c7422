//! Bodies of Segment's SDKs: small messages of a server, and those of a browser with its page,
//! brands and user agent. Estimate: 330 bytes take 4 µs and 850 take 9.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use ingest::fuzzing::read_segment_body;
use ingest::http::Limits;

use crate::EVENTS;

fn batch(message: impl Fn(usize) -> String) -> Vec<u8> {
    let messages: Vec<String> = (0..EVENTS).map(message).collect();
    let messages = messages.join(",");
    let around = r#""sentAt":"2026-05-01T09:29:55.000Z","writeKey":"k""#;
    format!(r#"{{"batch":[{messages}],{around}}}"#).into_bytes()
}

fn of_server(number: usize) -> String {
    format!(
        r#"{{"integrations":{{}},"anonymousId":null,"properties":{{"amount":9.5,"step":{number}}},"timestamp":"2026-05-01T09:29:50.980+00:00","context":{{"app":{{"version":"4.2.0"}},"library":{{"name":"analytics-python","version":"2.4.0"}}}},"userId":"u{number}","type":"track","event":"Paid","messageId":"cf66922c-7d21-47d4-98a1-c8d78dc5{number:04}"}}"#
    )
}

fn of_browser(number: usize) -> String {
    format!(
        r#"{{"timestamp":"2026-05-01T09:29:50.770Z","integrations":{{"Segment.io":true}},"event":"Feature Used","type":"track","properties":{{"x":{number}}},"context":{{"page":{{"path":"/shop","referrer":"","search":"","title":"t","url":"http://127.0.0.1:8898/shop"}},"userAgent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/148.0 Safari/537.36","userAgentData":{{"brands":[{{"brand":"Not/A)Brand","version":"99"}},{{"brand":"Chromium","version":"148"}}],"mobile":false,"platform":"Linux"}},"locale":"en-US","library":{{"name":"analytics.js","version":"npm:next-1.84.3"}},"timezone":"UTC"}},"messageId":"ajs-next-1795379235770-18bfecf8-de8f-458e-8eae-{number:012}","userId":"u1","anonymousId":"e275b6db-18bf-4cf8-9e8f-758e0eaed29f","writeKey":"k"}}"#
    )
}

pub(crate) fn segment(criterion: &mut Criterion) {
    let limits = Limits::default();
    let mut group = criterion.benchmark_group("segment");
    for (name, body) in [("server", batch(of_server)), ("browser", batch(of_browser))] {
        assert_eq!(read_segment_body(&body, &limits).unwrap().len(), EVENTS);
        group.throughput(Throughput::Elements(EVENTS as u64));
        group.bench_function(
            format!("{name}_{}_bytes_each", body.len() / EVENTS),
            |bencher| bencher.iter(|| black_box(read_segment_body(black_box(&body), &limits))),
        );
    }
    group.finish();
}
