//! What `health snippet` prints is taken by those it is for: parsed, and asked of a running service
//! as they would ask.

use std::path::Path;
use std::process::Command;

use serde::Deserialize as _;
use serde_json::{Value, json};

use crate::harness::{Server, agent, get_by, path, post, run, shipwake, skipped, succeed};
use crate::releases::{RELEASE, ship};

fn snippet(kind: &str, url: &str, app: &str, more: &[&str]) -> String {
    let base = [
        "health",
        "snippet",
        kind,
        "--url",
        url,
        "--app",
        app,
        "--release",
        RELEASE,
    ];
    succeed(&[&base[..], more].concat())
}

/// The documents of a YAML file.
fn yaml(text: &str) -> Vec<Value> {
    serde_yaml_ng::Deserializer::from_str(text)
        .map(|document| Value::deserialize(document).unwrap())
        .collect()
}

/// A service with stories, and a key that reads one app.
fn shop(folder: &Path, app: &str) -> (Server, String) {
    let data = folder.join("data");
    ship(&data);
    let create = [
        "key",
        "create",
        "--scope",
        "read",
        "--app",
        app,
        "--data",
        path(&data),
    ];
    let key = succeed(&create).trim().to_owned();
    (Server::start(&data), key)
}

#[test]
fn argo_reads_a_verdict_where_it_looks_for_one() {
    let folder = tempfile::tempdir().unwrap();
    let (server, key) = shop(folder.path(), "broken");
    let template = yaml(&snippet("argo", &server.url, "broken", &[])).remove(0);
    assert_eq!(template["kind"], "AnalysisTemplate");
    assert_eq!(template["apiVersion"], "argoproj.io/v1alpha1");
    let mut arguments: Vec<(String, String)> = Vec::new();
    for argument in template["spec"]["args"].as_array().unwrap() {
        let value = argument["value"].as_str().unwrap_or(&key).to_owned();
        arguments.push((
            format!("{{{{args.{}}}}}", argument["name"].as_str().unwrap()),
            value,
        ));
    }
    let fill = |text: &str| {
        arguments
            .iter()
            .fold(text.to_owned(), |text, (name, value)| {
                text.replace(name, value)
            })
    };
    let metric = &template["spec"]["metrics"][0];
    let web = &metric["provider"]["web"];
    let header = &web["headers"][0];
    assert_eq!(header["key"], "Authorization");
    let bearer = fill(header["value"].as_str().unwrap());
    let url = fill(web["url"].as_str().unwrap());
    let (code, answer) = get_by(&agent(), &url, bearer.strip_prefix("Bearer ").unwrap());
    assert_eq!(code, 200, "{url}: {answer}");
    // A JSON path of Kubernetes: the field of the root that it names.
    let field = web["jsonPath"].as_str().unwrap();
    let field = field
        .strip_prefix("{$.")
        .unwrap()
        .strip_suffix('}')
        .unwrap();
    let result = answer[field].as_str().unwrap();
    assert_eq!(result, "fail");
    let holds = |condition: &str| {
        let words = metric[condition].as_str().unwrap().split(" || ");
        words
            .map(|one| one.strip_prefix("result == ").unwrap().trim_matches('"'))
            .any(|word| word == result)
    };
    assert!(holds("failureCondition") && !holds("successCondition"));
    assert_eq!(metric["failureLimit"], 0);
    server.stop();
}

#[test]
fn flagger_gets_its_yes_and_no_from_each_hook() {
    let folder = tempfile::tempdir().unwrap();
    let (server, key) = shop(folder.path(), "broken");
    let canary = yaml(&snippet("flagger", &server.url, "broken", &[])).remove(0);
    let hooks = canary["spec"]["analysis"]["webhooks"].as_array().unwrap();
    let mut seen = Vec::new();
    for hook in hooks {
        let kind = hook["type"].as_str().unwrap();
        // Metadata is a map of strings, or the canary is refused.
        let metadata = hook["metadata"].as_object().unwrap();
        assert!(metadata.values().all(Value::is_string), "{hook}");
        let payload = json!({"name": "shop", "namespace": "prod", "phase": "Progressing",
                             "checksum": "85d557f47b", "metadata": metadata});
        let url = hook["url"].as_str().unwrap().replace("KEY", &key);
        let (code, said) = post(&url, "", payload.to_string().as_bytes());
        seen.push((kind.to_owned(), code));
        assert!(
            said.as_str().unwrap().starts_with("RELEASE CRITICAL"),
            "{said}"
        );
    }
    let expected = [
        ("rollout", 412),
        ("confirm-promotion", 412),
        ("rollback", 200),
    ];
    assert_eq!(seen, expected.map(|(kind, code)| (kind.to_owned(), code)));
    server.stop();
}

#[test]
fn cron_job_fails_on_a_fail_and_its_verdict_is_not_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    for (app, expected) in [("broken", 1), ("fine", 0), ("thin", 0)] {
        let data = folder.path().join(app);
        std::fs::create_dir(&data).unwrap();
        let (server, key) = shop(&data, app);
        let zone = [
            "--zone",
            "Europe/Berlin",
            "--image",
            "registry.example/shipwake:1",
        ];
        let job = yaml(&snippet("cronjob", &server.url, app, &zone)).remove(0);
        assert_eq!(job["kind"], "CronJob");
        assert_eq!(job["spec"]["timeZone"], "Europe/Berlin");
        assert_eq!(job["spec"]["concurrencyPolicy"], "Forbid");
        let job = &job["spec"]["jobTemplate"]["spec"];
        let pod = &job["template"]["spec"];
        assert_eq!(pod["restartPolicy"], "Never", "the failure policy needs it");
        let container = &pod["containers"][0];
        assert_eq!(container["image"], "registry.example/shipwake:1");
        let rule = &job["podFailurePolicy"]["rules"][0];
        assert_eq!(rule["onExitCodes"]["containerName"], container["name"]);
        let arguments = container["args"].as_array().unwrap();
        let mut command = shipwake();
        command.args(arguments.iter().map(|argument| argument.as_str().unwrap()));
        for variable in container["env"].as_array().unwrap() {
            let value = variable["value"].as_str().unwrap_or(&key);
            command.env(variable["name"].as_str().unwrap(), value);
        }
        let output = command.output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(expected), "{app}: {said}");
        assert!(
            said.starts_with("RELEASE ") && said.lines().count() == 1,
            "{said}"
        );
        let codes = rule["onExitCodes"]["values"].as_array().unwrap();
        assert_eq!(codes, &[json!(1)]);
        server.stop();
        // A service that is not there is tried again.
        assert_eq!(command.output().unwrap().status.code(), Some(3));
    }
}

#[test]
fn systemd_takes_the_service_and_its_timer() {
    let program = env!("CARGO_BIN_EXE_shipwake");
    let text = snippet(
        "systemd",
        "https://shipwake.example:8790/x",
        "shop",
        &["--program", program, "--zone", "Europe/Berlin"],
    );
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("# /etc/systemd/system/") {
            files.push((name.to_owned(), String::new()));
        } else if let Some((_, file)) = files.last_mut() {
            file.extend([line, "\n"]);
        }
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["shipwake-health.service", "shipwake-health.timer"]);
    let expected = format!("ExecStart={program} health check {RELEASE} --app shop --format nagios");
    assert!(files[0].1.contains(&expected), "{text}");
    assert!(files[0].1.contains("\nSuccessExitStatus=1\n"));
    assert!(
        files[1]
            .1
            .contains("\nOnCalendar=*-*-* *:17:00 Europe/Berlin\n")
    );
    let mut units = Vec::new();
    for (name, file) in &files {
        let unit = folder.path().join(name);
        std::io::Write::write_all(&mut std::fs::File::create(&unit).unwrap(), file.as_bytes())
            .unwrap();
        units.push(unit);
    }
    let verified = Command::new("systemd-analyze")
        .arg("verify")
        .args(&units)
        .output();
    let Ok(verified) = verified else {
        return skipped("systemd-analyze is absent: the units are not verified");
    };
    let said = String::from_utf8_lossy(&verified.stderr);
    assert!(
        verified.status.success() && !said.contains("shipwake-health"),
        "{said}"
    );
}

#[test]
fn workflow_marks_a_deploy_and_judges_it() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(&folder.path().join("data"));
    let workflow = yaml(&snippet("github", &server.url, "app", &[])).remove(0);
    assert_eq!(workflow["permissions"], json!({}));
    let script = |job: &str| {
        let step = &workflow["jobs"][job]["steps"][0];
        assert!(
            step["env"]["SHIPWAKE_KEY"]
                .as_str()
                .unwrap()
                .starts_with("${{ secrets.")
        );
        // What others may name stands in variables and is never pasted into a script.
        let script = step["run"].as_str().unwrap().to_owned();
        assert!(!script.contains("${{"), "{script}");
        script
    };
    let check = script("check");
    for part in [
        "health check \"$RELEASE\" --app app --format github",
        "--fail-on fail",
        "\"$GITHUB_OUTPUT:$GITHUB_OUTPUT\"",
    ] {
        assert!(check.contains(part), "{part} is not in {check}");
    }
    let marked = Command::new("sh")
        .args(["-c", &script("mark")])
        .env("SHIPWAKE_URL", &server.url)
        .env("SHIPWAKE_KEY", server.key("plan"))
        .env("RELEASE", "4.2.0")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&marked.stdout);
    assert!(
        marked.status.success() && said.contains("\"accepted\":1"),
        "{said}"
    );
    // The same by hand, as the other snippets say it.
    let argo = snippet("argo", &server.url, "app", &[]);
    let line = argo
        .lines()
        .find_map(|line| line.strip_prefix("#   curl "))
        .unwrap();
    let marked = Command::new("sh")
        .args(["-c", &format!("curl {line}")])
        .env("PLAN_KEY", server.key("plan"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&marked.stdout);
    assert!(
        marked.status.success() && said.contains("\"accepted\":1"),
        "{said}"
    );
    server.stop();
}

#[test]
fn what_could_end_a_line_is_not_filled_in() {
    for (option, value) in [
        ("--release", "4.2.0\"\nmalice: 1"),
        ("--release", "${{ secrets.KEY }}"),
        ("--release", ""),
        ("--url", "https://x\" y"),
        ("--url", "x"),
        ("--app", "../x"),
        ("--image", "a b"),
        ("--program", "/bin/sh -c"),
        ("--zone", "Mars"),
    ] {
        for kind in ["argo", "flagger", "cronjob", "systemd", "github"] {
            let output = run(&["health", "snippet", kind, option, value]);
            let code = output.status.code().unwrap();
            assert!(matches!(code, 1 | 2), "{kind} {option} {value:?}: {code}");
            assert!(output.stdout.is_empty());
        }
    }
}
