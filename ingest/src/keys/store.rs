//! The file of the keys: read again when it changes, replaced whole when a key is made or revoked.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use jiff::Timestamp;
use lake::Clock;
use serde::{Deserialize, Serialize};

use super::held::{HeldKeys, SecretDigest};
use super::origin::Origin;
use super::{ANY_APP, Key, KeyError, KeyRequest, NewKey, Scope, hexadecimal, is_app_name};
use crate::audit::{Act, Actor, Audit};

pub(super) const FILE_NAME: &str = "keys.json";
const LOCK_NAME: &str = "keys.lock";
const FIRST_KEYS_NAME: &str = "first-keys.txt";
/// Hexadecimal digits of a secret behind its prefix.
const SECRET_DIGITS: usize = 32;
/// Who holds the first key that plans.
const FIRST_PLANNER: &str = "operator";

#[derive(Debug, Default, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyFile {
    keys: Vec<Key>,
}

/// Tells one state of the file from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileMark {
    modified_at: Option<SystemTime>,
    bytes: u64,
}

#[derive(Debug, Default)]
struct Held {
    mark: Option<FileMark>,
    keys: HeldKeys,
}

/// When the file was last looked at: known keys are served in between without a look.
#[derive(Debug)]
struct Looks {
    opened: Instant,
    next_micros: AtomicU64,
    every: Duration,
}

impl Looks {
    /// How long a revoked key may still be taken; the command that revokes waits for it.
    const EVERY: Duration = Duration::from_millis(20);

    fn new(every: Duration) -> Self {
        Self {
            opened: Instant::now(),
            next_micros: AtomicU64::new(0),
            every,
        }
    }

    /// Waits until every server beside this one has looked.
    #[expect(
        clippy::disallowed_methods,
        reason = "servers look by time and tell nobody"
    )]
    fn wait_for_all() {
        std::thread::sleep(Self::EVERY * 2);
    }

    /// Whether it is time for a look; says so to one caller of those that ask at once.
    fn is_due(&self) -> bool {
        let micros = |span: Duration| u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        let now = self.opened.elapsed();
        let due = self.next_micros.load(Ordering::Relaxed);
        let next = micros(now + self.every);
        micros(now) >= due
            && self
                .next_micros
                .compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
    }
}

/// The keys of a data folder.
#[derive(Debug, Clone)]
pub struct KeyStore {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    held: Arc<RwLock<Held>>,
    looks: Arc<Looks>,
    audit: Audit,
}

impl KeyStore {
    /// Opens the keys of a data folder; without any, the store is empty.
    ///
    /// # Errors
    /// [`KeyError`] when the file is there and cannot be read.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, KeyError> {
        Self::open_looking(folder, clock, Looks::EVERY)
    }

    /// As [`KeyStore::open`], with another pause between two looks at the file.
    pub(super) fn open_looking(
        folder: &Path,
        clock: Arc<dyn Clock>,
        every: Duration,
    ) -> Result<Self, KeyError> {
        let store = Self {
            folder: folder.to_owned(),
            audit: Audit::new(folder, Arc::clone(&clock)),
            clock,
            held: Arc::default(),
            looks: Arc::new(Looks::new(every)),
        };
        store.reload()?;
        Ok(store)
    }

    /// Makes one key of each scope for `app` (the admin key: for all apps, since whoever holds this
    /// folder administers it) when there is no key file, and writes the secrets to
    /// `first-keys.txt` in the data folder, readable by its owner alone. Returns that path, or
    /// `None` where keys were there already.
    ///
    /// # Errors
    /// [`KeyError`] when a file cannot be written.
    pub fn create_first(&self, app: &str) -> Result<Option<PathBuf>, KeyError> {
        let _lock = self.lock()?;
        if self.mark()?.is_some() {
            return Ok(None);
        }
        let mut file = KeyFile::default();
        let mut lines = String::from(
            "# The first keys of this data folder. Each secret is kept here alone: note them, then\n\
             # delete this file. More keys: shipwake key create\n",
        );
        for scope in Scope::ALL {
            let person = (scope == Scope::Plan).then(|| FIRST_PLANNER.to_owned());
            let request = KeyRequest {
                app: if scope == Scope::Admin { ANY_APP } else { app }.to_owned(),
                person,
                ..KeyRequest::new(scope)
            };
            let made = self.make(request)?;
            for part in [scope.as_str(), "=", &made.secret, "\n"] {
                lines.push_str(part);
            }
            file.keys.push(made.key);
        }
        // The secrets first: after a crash between the two files, both are made anew.
        let path = self.folder.join(FIRST_KEYS_NAME);
        write_private(&path, lines.as_bytes()).map_err(|source| KeyError::File {
            action: "writing",
            path: path.clone(),
            source,
        })?;
        self.write(&file)?;
        for key in &file.keys {
            self.note(Act::KeyCreate, &key.id)?;
        }
        Ok(Some(path))
    }

    /// Makes a key. Its secret is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`KeyError`] when the request does not hold together or the file cannot be written.
    pub fn create(&self, request: KeyRequest) -> Result<NewKey, KeyError> {
        let _lock = self.lock()?;
        let made = self.make(request)?;
        let mut file = self.read()?;
        file.keys.push(made.key.clone());
        self.write(&file)?;
        self.note(Act::KeyCreate, &made.key.id)?;
        Ok(made)
    }

    /// All keys, revoked ones too, in the order in which they were made.
    ///
    /// # Errors
    /// [`KeyError`] when the file cannot be read.
    pub fn list(&self) -> Result<Vec<Key>, KeyError> {
        Ok(self.read()?.keys)
    }

    /// Revokes a key; one that is revoked already keeps its instant. Returns when every server of
    /// this data folder refuses it.
    ///
    /// # Errors
    /// [`KeyError::Unknown`] when there is none of that id, else as the file allows.
    pub fn revoke(&self, id: &str) -> Result<Key, KeyError> {
        let _lock = self.lock()?;
        let mut file = self.read()?;
        let now = self.now();
        let found = file.keys.iter_mut().find(|key| key.id == id);
        let key = found.ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        key.revoked_at = key.revoked_at.or(Some(now));
        let key = key.clone();
        self.write(&file)?;
        self.note(Act::KeyRevoke, &key.id)?;
        Looks::wait_for_all();
        Ok(key)
    }

    /// The key whose secret is presented, unless it was revoked or has expired. A new key is known
    /// at once; one that another process revoked is refused when its [`KeyStore::revoke`] returns.
    ///
    /// The secret of a key that sends may come without its prefix, as 32 hexadecimal digits: some
    /// SDKs take no other form of a key.
    #[must_use]
    pub fn authorize(&self, presented: &str) -> Option<Arc<Key>> {
        let digest = match send_alias(presented) {
            Some(secret) => SecretDigest::of(&secret),
            None => SecretDigest::of(presented),
        };
        let find = || {
            let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
            held.keys.find(digest).cloned()
        };
        if self.looks.is_due() {
            self.refresh();
        }
        let key = find().or_else(|| {
            self.refresh();
            find()
        })?;
        self.is_open(&key).then_some(key)
    }

    /// The key of an id, unless it was revoked or has expired.
    #[must_use]
    pub fn named(&self, id: &str) -> Option<Arc<Key>> {
        if self.looks.is_due() {
            self.refresh();
        }
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let key = held.keys.named(id).cloned()?;
        self.is_open(&key).then_some(key)
    }

    fn is_open(&self, key: &Key) -> bool {
        key.revoked_at.is_none() && key.expires_at.is_none_or(|at| self.now() < at)
    }

    /// Where acts on the data folder are noted.
    #[must_use]
    pub fn audit(&self) -> &Audit {
        &self.audit
    }

    fn note(&self, act: Act, id: &str) -> Result<(), KeyError> {
        let noted = self.audit.note(&Actor::Operator, act, id);
        noted.map_err(|source| KeyError::File {
            action: "writing",
            path: self.audit.path().to_owned(),
            source,
        })
    }

    /// Reads the file again if it changed. A file that cannot be read leaves the keys as they
    /// were: a half-typed edit must not lock every app out.
    fn refresh(&self) {
        let changed = match self.mark() {
            Ok(mark) => {
                let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
                mark != held.mark
            }
            Err(_) => false,
        };
        if changed && let Err(error) = self.reload() {
            tracing::warn!(%error, "key file changed and cannot be read, old keys stay");
        }
    }

    fn reload(&self) -> Result<(), KeyError> {
        // The mark is taken before the content: a change in between is then seen at the next look.
        let mark = self.mark()?;
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        held.mark = mark;
        held.keys = HeldKeys::of(self.read()?.keys);
        Ok(())
    }

    fn mark(&self) -> Result<Option<FileMark>, KeyError> {
        let path = self.path();
        match fs::metadata(&path) {
            Ok(meta) => Ok(Some(FileMark {
                modified_at: meta.modified().ok(),
                bytes: meta.len(),
            })),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(KeyError::File {
                action: "looking at",
                path,
                source,
            }),
        }
    }

    fn read(&self) -> Result<KeyFile, KeyError> {
        let path = self.path();
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes)
                .map_err(|source| KeyError::Unreadable { path, source }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(KeyFile::default()),
            Err(source) => Err(KeyError::File {
                action: "reading",
                path,
                source,
            }),
        }
    }

    fn write(&self, file: &KeyFile) -> Result<(), KeyError> {
        let path = self.path();
        let mut bytes = serde_json::to_vec_pretty(file).map_err(|source| KeyError::Unreadable {
            path: path.clone(),
            source,
        })?;
        bytes.push(b'\n');
        lake::files::replace(&path, &bytes).map_err(|error| KeyError::Replace(Box::new(error)))?;
        self.reload()
    }

    /// Two commands that change the keys at once wait for each other.
    fn lock(&self) -> Result<File, KeyError> {
        lake::files::create_folders(&self.folder)
            .map_err(|error| KeyError::Replace(Box::new(error)))?;
        let path = self.folder.join(LOCK_NAME);
        let taken = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        taken
            .and_then(|file| file.lock().map(|()| file))
            .map_err(|source| KeyError::File {
                action: "locking",
                path,
                source,
            })
    }

    fn make(&self, request: KeyRequest) -> Result<NewKey, KeyError> {
        let KeyRequest {
            app,
            scopes,
            person,
            origins,
            expires_at,
        } = request;
        let person = person.filter(|name| !name.trim().is_empty());
        if app != ANY_APP && !is_app_name(&app) {
            return Err(KeyError::AppName(app));
        }
        if expires_at.is_some_and(|at| at <= self.now()) {
            return Err(KeyError::Expired);
        }
        let first = *scopes.first().ok_or(KeyError::NoScope)?;
        if scopes.contains(&Scope::Plan) && person.is_none() {
            return Err(KeyError::NoPerson);
        }
        if scopes.contains(&Scope::Send) && app == ANY_APP {
            return Err(KeyError::SendForAll);
        }
        let origins = origins.iter().map(|text| Origin::parse(text));
        let secret = ["sw_", first.as_str(), "_", &random_hex::<16>()?].concat();
        let key = Key {
            id: random_hex::<4>()?,
            app,
            scopes,
            person,
            origins: origins.collect::<Result<_, _>>()?,
            created_at: self.now(),
            expires_at,
            revoked_at: None,
            secret_sha256: SecretDigest::of(&secret).to_text(),
        };
        Ok(NewKey { key, secret })
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.clock.now()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    fn path(&self) -> PathBuf {
        self.folder.join(FILE_NAME)
    }
}

/// The whole secret of a key that sends, where its 32 hexadecimal digits alone are presented.
fn send_alias(presented: &str) -> Option<String> {
    let is_digits =
        presented.len() == SECRET_DIGITS && presented.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_digits.then(|| {
        [
            "sw_",
            Scope::Send.as_str(),
            "_",
            &presented.to_ascii_lowercase(),
        ]
        .concat()
    })
}

fn random_hex<const BYTES: usize>() -> Result<String, KeyError> {
    let mut bytes = [0_u8; BYTES];
    getrandom::fill(&mut bytes).map_err(KeyError::Random)?;
    Ok(hexadecimal(&bytes))
}

/// Writes a file that only its owner can read, forced to disk.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}
