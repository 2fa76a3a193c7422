//! The weekly report by itself: made for each app, kept, and handed once to each who gets it, by mail,
//! in a chat and into a folder, past a server that was busy and a second run.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::configuration::configure;
use crate::harness::{path, succeed};
use crate::releases::{HOSTILE, RELEASE, ship_story};
use crate::schedule::Ear;

/// A letter: whom it is to, and its head and body.
type Letters = Arc<Mutex<Vec<(String, String)>>>;

/// A mail server that takes everything, but of each address the first letter only at a second try
/// where the address begins with `late`.
struct MailServer {
    address: String,
    letters: Letters,
}

impl MailServer {
    fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let letters = Letters::default();
        let taken = Arc::clone(&letters);
        std::thread::spawn(move || {
            let mut refused = Vec::new();
            for socket in listener.incoming() {
                // Whoever hangs up in between has said what it wanted.
                drop(talk(&socket.unwrap(), &mut refused, &taken));
            }
        });
        Self { address, letters }
    }

    fn letters(&self) -> Vec<(String, String)> {
        let mut letters = self.letters.lock().unwrap().clone();
        letters.sort();
        letters
    }
}

fn talk(socket: &TcpStream, refused: &mut Vec<String>, taken: &Letters) -> std::io::Result<()> {
    let mut lines = BufReader::new(socket.try_clone()?).lines();
    let mut socket = socket;
    let mut say = |line: &str| socket.write_all(format!("{line}\r\n").as_bytes());
    say("220 mail.test")?;
    let mut to = String::new();
    while let Some(line) = lines.next() {
        let line = line?;
        let (verb, rest) = line.split_at(line.len().min(4));
        match verb.to_ascii_uppercase().as_str() {
            "RCPT" => {
                to = rest
                    .trim_start_matches(" TO:<")
                    .split('>')
                    .next()
                    .unwrap()
                    .to_owned();
                if to.starts_with("late") && !refused.contains(&to) {
                    refused.push(to.clone());
                    say("451 come back later")?;
                } else {
                    say("250 ok")?;
                }
            }
            "DATA" => {
                say("354 go on")?;
                let letter = lines
                    .by_ref()
                    .map_while(Result::ok)
                    .take_while(|line| line != ".");
                let letter = letter.collect::<Vec<_>>().join("\n");
                taken.lock().unwrap().push((to.clone(), letter));
                say("250 taken")?;
            }
            "QUIT" => return say("221 bye"),
            _ => say("250 ok")?,
        }
    }
    Ok(())
}

fn deliveries(data: &Path) -> Vec<(String, String, String)> {
    let line = [
        "schedule",
        "deliveries",
        "--format",
        "json",
        "--data",
        path(data),
    ];
    let found: Value = serde_json::from_str(&succeed(&line)).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let rows = found.as_array().unwrap().iter();
    rows.map(|one| {
        (
            text(&one["report"]),
            text(&one["channel"]),
            text(&one["state"]),
        )
    })
    .collect()
}

/// The value of a header that is not folded.
fn header<'a>(letter: &'a str, name: &str) -> &'a str {
    let line = letter.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_else(|| panic!("no {name} in {letter}"))
        .trim()
}

#[test]
fn weekly_report_goes_once_to_each() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, RELEASE, ("fine", 60, rarely, rarely));
    ship_story(&data, HOSTILE[4], ("hostile", 60, rarely, rarely));
    let (mail, chat) = (MailServer::open(), Ear::open());
    configure(
        &data,
        &format!(
            "[schedule]\nhealth = ''\nweekly = '0 8 * * 1'\nzone = 'Europe/Berlin'\n\
             [notify]\nwebhook = '{}/hook'\nfolder = 'handed'\n\
             mail = {{ server = 'smtp://{}', from = 'Shipwake <shipwake@mail.test>', \
             to = ['ada@mail.test', 'late@mail.test'] }}\n",
            chat.url, mail.address
        ),
    );
    succeed(&["schedule", "run", "--data", path(&data)]);
    let states = deliveries(&data);
    assert_eq!(states.len(), 8, "{states:?}");
    let waiting = states.iter().filter(|one| one.2 == "waiting").count();
    assert_eq!(
        waiting, 1,
        "one letter of the late one was taken: {states:?}"
    );
    assert_eq!(mail.letters().len(), 3);
    succeed(&["schedule", "run", "--data", path(&data)]);
    succeed(&["schedule", "run", "--data", path(&data)]);
    assert!(deliveries(&data).iter().all(|one| one.2 == "delivered"));
    let letters = mail.letters();
    let to: Vec<&str> = letters.iter().map(|letter| letter.0.as_str()).collect();
    assert_eq!(
        to,
        [
            "ada@mail.test",
            "ada@mail.test",
            "late@mail.test",
            "late@mail.test"
        ]
    );
    let mut names: Vec<&str> = letters
        .iter()
        .map(|letter| header(&letter.1, "Message-ID:"))
        .collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 4, "each has a name of its own");
    for (_, letter) in &letters {
        assert!(header(letter, "Subject:").contains("week"), "{letter}");
        for part in [
            "text/plain",
            "text/html",
            "attachment",
            "Auto-Submitted: auto-generated",
        ] {
            assert!(letter.contains(part), "no {part}");
        }
        assert!(!letter.contains("<script>") && !letter.contains("\n::error"));
    }
    let told = chat.of("/hook");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().any(|text| text.contains("*fine, week")),
        "{told:?}"
    );
    let archive = data.join("reports");
    for app in ["fine", "hostile"] {
        let is_of = |one: &&(String, String, String)| one.0.starts_with(&format!("weekly-{app}-"));
        let states = deliveries(&data);
        let report = &states.iter().find(is_of).unwrap().0;
        let files = |folder: &Path| -> Vec<std::ffi::OsString> {
            let entries = std::fs::read_dir(folder.join(report)).unwrap();
            let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
            names.retain(|name| name != "message.json");
            names.sort();
            names
        };
        let handed = files(&data.join("handed"));
        assert!(handed.len() > 15, "{handed:?}");
        assert_eq!(handed, files(&archive));
    }
}
