//! TLS: a certificate is exchanged while connections stay open, and a broken one changes nothing.

use std::io::{BufRead as _, BufReader, ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use serde_json::Value;

use crate::configuration::configure;
use crate::harness::{Server, agent, get_by, path, succeed};

const PATIENCE: Duration = Duration::from_secs(30);

type Connection = BufReader<StreamOwned<ClientConnection, TcpStream>>;

/// A certificate for `localhost` and its key, in PEM, and what a client trusts.
fn certificate() -> (String, String, CertificateDer<'static>) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let trusted = made.cert.der().clone();
    (made.cert.pem(), made.key_pair.serialize_pem(), trusted)
}

fn put(folder: &Path, cert: &str, key: &str) {
    for (name, text) in [("key.pem", key), ("cert.pem", cert)] {
        let beside = folder.join("new");
        std::fs::File::create(&beside)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        std::fs::rename(&beside, folder.join(name)).unwrap();
    }
}

/// Connects and shakes hands; an error where the certificate is not the trusted one.
fn connect(server: &Server, trusted: &CertificateDer<'static>) -> std::io::Result<Connection> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut socket = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    while client.is_handshaking() {
        client.complete_io(&mut socket)?;
    }
    Ok(BufReader::new(StreamOwned::new(client, socket)))
}

/// Sends an event over a connection that stays open, and returns the answer.
fn send(connection: &mut Connection, key: &str, id: &str) -> Value {
    let body = format!("{{\"event_id\":\"{id}\",\"name\":\"opened\",\"user_id\":\"u\"}}");
    let request = format!(
        "POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {key}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    connection.get_mut().write_all(request.as_bytes()).unwrap();
    let (mut line, mut length) = (String::new(), 0);
    while line != "\r\n" {
        line.clear();
        assert!(connection.read_line(&mut line).unwrap() > 0, "closed");
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut answer = vec![0; length];
    connection.read_exact(&mut answer).unwrap();
    serde_json::from_slice(&answer).unwrap()
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < PATIENCE,
            "{what}: not within {PATIENCE:?}"
        );
    }
}

#[test]
fn certificate_is_exchanged_under_open_connections_and_a_broken_one_is_not_taken() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    configure(data, "[serve.tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n");
    let (first, first_key, first_trusted) = certificate();
    put(data, &first, &first_key);
    let server = Server::start(data);
    assert!(server.url.starts_with("https://"), "{}", server.url);
    let key = server.key("send");
    let mut held = connect(&server, &first_trusted).unwrap();
    assert_eq!(send(&mut held, &key, "e1")["accepted"], 1);

    let (second, second_key, second_trusted) = certificate();
    put(data, &second, &second_key);
    let pid = server.pid().to_string();
    assert!(
        Command::new("kill")
            .args(["-HUP", &pid])
            .status()
            .unwrap()
            .success()
    );
    until("the second certificate", || {
        connect(&server, &second_trusted).is_ok()
    });
    assert!(connect(&server, &first_trusted).is_err());
    assert_eq!(
        send(&mut held, &key, "e2")["accepted"],
        1,
        "the connection stays"
    );

    // Commands on this machine and probes come in beside TLS.
    let local = format!(
        "http://{}",
        std::fs::read_to_string(data.join("lock")).unwrap()
    );
    let warnings = || {
        let (code, ready) = get_by(&agent(), &format!("{local}/readyz"), "");
        assert_eq!(code, 200, "{ready}");
        ready["warnings"].to_string()
    };
    assert!(!warnings().contains("TLS"));
    for (cert, key) in [
        ("no certificate", second_key.as_str()),
        (second.as_str(), first_key.as_str()),
    ] {
        put(data, cert, key);
        until("the warning", || {
            warnings().contains("TLS: the certificate before it stays")
        });
        assert!(connect(&server, &second_trusted).is_ok());
        put(data, &second, &second_key);
        until("the end of the warning", || !warnings().contains("TLS"));
    }
    let rows = data.join("rows.ndjson");
    std::fs::File::create(&rows)
        .unwrap()
        .write_all(b"{\"name\":\"a\",\"user_id\":\"u\"}\n")
        .unwrap();
    let imported = succeed(&["import", "events", path(&rows), "--data", path(data)]);
    assert!(imported.contains("stored 1"), "{imported}");
    server.stop();
}

#[test]
fn what_speaks_no_tls_is_let_go_and_others_are_served() {
    let folder = tempfile::tempdir().unwrap();
    configure(
        folder.path(),
        "[serve.tls]\ncert = 'cert.pem'\nkey = 'key.pem'\n",
    );
    let (cert, key, trusted) = certificate();
    put(folder.path(), &cert, &key);
    let server = Server::start(folder.path());
    let mut plain = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
    plain.set_read_timeout(Some(PATIENCE)).unwrap();
    plain
        .write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let silent = TcpStream::connect(server.url.trim_start_matches("https://")).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut connection = connect(&server, &trusted).unwrap();
    assert_eq!(
        send(&mut connection, &server.key("send"), "e1")["accepted"],
        1
    );
    for mut socket in [plain, silent] {
        let mut said = Vec::new();
        // Closed or reset, with no more than an alert said.
        if let Err(error) = socket.read_to_end(&mut said) {
            let is_open = matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut);
            assert!(!is_open, "still open");
        }
        assert!(!said.starts_with(b"HTTP"), "answered without TLS");
    }
    server.stop();
}
