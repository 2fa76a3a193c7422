//! What a file may say, and what is said about it.

use ingest::privacy::UserIds;

use super::*;

fn load(text: &str, flags: Vec<Flag>) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    lake::files::replace(&folder.path().join(FILE_NAME), text.as_bytes()).unwrap();
    let data = Data {
        data: folder.path().to_owned(),
        config: None,
    };
    Config::load(&data, flags).map_err(|error| error.to_string())
}

#[test]
fn file_says_what_differs_and_flags_go_before_it() {
    let text = "
        [serve]
        listen = '0.0.0.0:80'
        app = 'shop'
        proxies = ['10.0.0.0/8']
        [serve.tls]
        cert = 'cert.pem'
        key = '/etc/key.pem'
        [ingest]
        wal_bytes_max = '1GiB'
        flush_interval = '5s'
        [http]
        key_events_per_second = 100
        [app.shop]
        user_ids = 'pseudonymise'
        properties = ['plan']
        [features]
        used_share_min = 0.1
        [funnel.checkout]
        app = 'shop'
        steps = ['open', 'cart', 'pay > now']
        within = '12h'
    ";
    let flag = Flag {
        name: "--app",
        key: ("serve", "app"),
        value: "bank".to_owned(),
    };
    let config = load(text, vec![flag]).unwrap();
    assert_eq!(config.serve.listen, "0.0.0.0:80");
    assert_eq!(config.serve.app, "bank");
    assert_eq!(config.ingest.wal_bytes_max, 1 << 30);
    assert_eq!(config.ingest.flush_interval.as_secs(), 5);
    assert_eq!(config.http.key_events_per_second, 100);
    assert_eq!(config.ingest.apps["shop"].user_ids, UserIds::Pseudonymise);
    let tls = format!("{:?}", config.tls);
    assert!(
        tls.contains("/cert.pem") && tls.contains("\"/etc/key.pem\""),
        "{tls}"
    );
    assert!((config.features.used_share_min - 0.1).abs() < 1e-12);
    assert_eq!(config.features.listed, 30);
    let checkout = &config.funnels["checkout"];
    assert!(checkout.is_for("shop") && !checkout.is_for("bank"));
    let funnel = checkout.funnel("checkout").unwrap();
    assert_eq!(funnel.steps().last(), Some("pay > now"));
    assert_eq!(funnel.within().as_secs(), 12 * 3_600);
    assert_eq!(config.values_given(), 14);
    let shown = config.shown().unwrap();
    for line in [
        "app = \"bank\" # --app",
        "wal_bytes_max = \"1GiB\" # file",
        "durability = \"disk\" # default",
    ] {
        let squeezed = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(squeezed.contains(line), "{line} is not in\n{shown}");
    }
    let again = load(&shown, Vec::new()).unwrap().shown().unwrap();
    let values = |text: &str| text.parse::<toml::Table>().unwrap();
    assert_eq!(values(&again), values(&shown));
}

#[test]
fn every_problem_is_told_at_once_with_its_key() {
    let text = "
        [serve]
        listen = 8790
        proxies = ['10.0.0.0/99']
        [serve.tls]
        cert = 'cert.pem'
        [ingest]
        wal_bytes = '1GiB'
        flush_interval = 'soon'
        [http]
        body_bytes_max = 7
        event_bytes_max = '1GiB'
        [app.No]
        user_ids = 'hide'
        [features]
        used_share = 0.1
        [funnel.checkout]
        step = ['open']
        [shipping]
    ";
    let problems = load(text, Vec::new()).unwrap_err();
    for part in [
        "serve.listen: ",
        "serve.proxies: \"10.0.0.0/99\" is not an address or a network",
        "serve.tls.key: ",
        "ingest.wal_bytes: unknown field",
        "ingest.flush_interval: \"soon\" is not a span such as",
        "http.body_bytes_max: invalid type: integer `7`, expected a size such as",
        "app.No: an app is named with",
        "app.No.user_ids: unknown variant `hide`, expected one of",
        "features.used_share: unknown field",
        "funnel.checkout.step: unknown field",
        "funnel.checkout: a funnel has two steps or more",
        "shipping: there is no such section",
    ] {
        assert!(problems.contains(part), "{part} is not in\n{problems}");
    }
    let problems = load("[http]\nevent_bytes_max = '1GiB'", Vec::new()).unwrap_err();
    assert!(
        problems.contains("http.event_bytes_max must fit in"),
        "{problems}"
    );
    let problems = load("[features]\nused_share_min = 5.0", Vec::new()).unwrap_err();
    assert!(
        problems.contains("features.used_share_min must be a share"),
        "{problems}"
    );
    let problems = load("[http", Vec::new()).unwrap_err();
    assert!(problems.contains("is no TOML"), "{problems}");
}

#[test]
fn without_a_file_the_defaults_hold() {
    let folder = tempfile::tempdir().unwrap();
    let mut data = Data {
        data: folder.path().to_owned(),
        config: None,
    };
    let config = Config::load(&data, Vec::new()).unwrap();
    assert_eq!(config.ingest, Settings::default());
    assert_eq!(config.http, Limits::default());
    data.config = Some(folder.path().join("absent.toml"));
    assert!(
        Config::load(&data, Vec::new()).is_err(),
        "a file that is named must be there"
    );
}
