//! Keys on a real folder.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use lake::FixedClock;

use super::store::FILE_NAME;
use super::*;

const NOW: lake::Micros = 1_700_000_000_000_000;

fn store(folder: &Path) -> KeyStore {
    KeyStore::open_looking(folder, Arc::new(FixedClock(NOW)), Duration::ZERO).unwrap()
}

fn request(app: &str, scope: Scope) -> KeyRequest {
    KeyRequest {
        app: app.to_owned(),
        ..KeyRequest::new(scope)
    }
}

#[test]
fn secret_opens_until_it_is_revoked_and_is_nowhere_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let made = keys.create(request("shop", Scope::Send)).unwrap();
    assert!(made.secret.starts_with("sw_send_"));
    assert_eq!(made.secret.len(), "sw_send_".len() + 32);
    assert_eq!(keys.authorize(&made.secret).as_deref(), Some(&made.key));
    assert_eq!(
        keys.authorize("sw_send_00000000000000000000000000000000"),
        None
    );
    assert_eq!(keys.authorize(""), None);
    let bytes = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert!(!bytes.contains(&made.secret) && bytes.contains(&made.key.id));
    let revoked = keys.revoke(&made.key.id).unwrap();
    assert_eq!(
        revoked.revoked_at,
        Some(Timestamp::from_microsecond(NOW).unwrap())
    );
    assert_eq!(keys.authorize(&made.secret), None);
    assert!(matches!(keys.revoke("nobody"), Err(KeyError::Unknown(_))));
}

#[test]
fn key_made_beside_a_running_server_opens_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (server, command) = (store(folder.path()), store(folder.path()));
    let made = command.create(request("shop", Scope::Read)).unwrap();
    assert_eq!(server.authorize(&made.secret).as_deref(), Some(&made.key));
    command.revoke(&made.key.id).unwrap();
    assert_eq!(server.authorize(&made.secret), None);
}

#[test]
fn damaged_file_leaves_the_running_server_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let made = keys.create(request("shop", Scope::Admin)).unwrap();
    lake::files::replace(&folder.path().join(FILE_NAME), b"{\"keys\": [").unwrap();
    assert!(keys.authorize(&made.secret).is_some());
    assert!(matches!(keys.list(), Err(KeyError::Unreadable { .. })));
}

#[test]
fn first_start_makes_one_key_of_each_scope_once() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let path = keys.create_first("app").unwrap().unwrap();
    assert_eq!(keys.create_first("app").unwrap(), None);
    let text = fs::read_to_string(&path).unwrap();
    for scope in Scope::ALL {
        let start = format!("{}=", scope.as_str());
        let secret = text
            .lines()
            .find_map(|line| line.strip_prefix(&start))
            .unwrap();
        let key = keys.authorize(secret).unwrap();
        let app = if scope == Scope::Admin {
            ANY_APP
        } else {
            "app"
        };
        assert_eq!((key.app.as_str(), &key.scopes), (app, &[scope].into()));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
    }
}

#[test]
fn request_that_does_not_hold_together_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let made = |request| keys.create(request).map(|made| made.key.app);
    assert!(matches!(
        made(request("Shop", Scope::Send)),
        Err(KeyError::AppName(_))
    ));
    assert!(matches!(
        made(request("", Scope::Read)),
        Err(KeyError::AppName(_))
    ));
    assert!(matches!(
        made(request("shop", Scope::Plan)),
        Err(KeyError::NoPerson)
    ));
    assert!(matches!(
        made(request(ANY_APP, Scope::Send)),
        Err(KeyError::SendForAll)
    ));
    let none = KeyRequest {
        scopes: BTreeSet::new(),
        ..request("shop", Scope::Read)
    };
    assert!(matches!(made(none), Err(KeyError::NoScope)));
    assert_eq!(made(request(ANY_APP, Scope::Read)).unwrap(), ANY_APP);
    assert_eq!(keys.list().unwrap().len(), 1);
}

#[test]
fn admin_may_everything_and_send_only_sends() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let admin = keys.create(request("shop", Scope::Admin)).unwrap().key;
    let send = keys.create(request("shop", Scope::Send)).unwrap().key;
    assert!(Scope::ALL.into_iter().all(|scope| admin.may(scope)));
    let allowed: Vec<Scope> = Scope::ALL.into_iter().filter(|s| send.may(*s)).collect();
    assert_eq!(allowed, [Scope::Send]);
}

#[test]
fn key_opens_until_it_expires_and_is_never_made_expired() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let at = |micros| Some(Timestamp::from_microsecond(micros).unwrap());
    let expires = |expires_at| KeyRequest {
        expires_at,
        ..request("shop", Scope::Send)
    };
    let made = keys.create(expires(at(NOW + 1))).unwrap();
    assert!(keys.authorize(&made.secret).is_some());
    let later = KeyStore::open(folder.path(), Arc::new(FixedClock(NOW + 1))).unwrap();
    assert_eq!(later.authorize(&made.secret), None);
    assert!(matches!(
        keys.create(expires(at(NOW))),
        Err(KeyError::Expired)
    ));
}

#[test]
fn key_with_origins_opens_for_their_pages_alone() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let only = |origins: &[&str]| KeyRequest {
        origins: origins.iter().map(ToString::to_string).collect(),
        ..request("shop", Scope::Send)
    };
    let key = keys.create(only(&["https://Shop.example/"])).unwrap().key;
    assert!(key.opens_for("https://shop.example"));
    assert!(!key.opens_for("https://shop.example.evil.example"));
    assert!(!key.opens_for("http://shop.example") && !key.opens_for("null"));
    let any = keys.create(only(&[])).unwrap().key;
    assert!(any.opens_for("null"));
    assert!(matches!(
        keys.create(only(&["*"])),
        Err(KeyError::Origin(text)) if text == "*"
    ));
    assert_eq!(store(folder.path()).list().unwrap(), [key, any]);
}

#[test]
fn secrets_that_begin_alike_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let keys = store(folder.path());
    let made: Vec<NewKey> = (0..50)
        .map(|_| keys.create(request("shop", Scope::Send)).unwrap())
        .collect();
    for one in &made {
        assert_eq!(keys.authorize(&one.secret).as_deref(), Some(&one.key));
        let cut = &one.secret[..one.secret.len() - 1];
        assert_eq!(keys.authorize(cut), None);
    }
}
