//! The weekly report by itself: made for each app, kept, and handed once to each who gets it, by mail,
//! in a chat and into a folder, past a server that was busy and a second run.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::configuration::configure;
use crate::harness::{Server, path, succeed};
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

/// Has the report made of weeks from Monday on, and handed to a chat, a folder and two people.
fn ask_for_it(data: &Path, weekly: &str, chat: &Ear, mail: &MailServer) {
    configure(
        data,
        &format!(
            "[schedule]\nhealth = ''\nweekly = '{weekly}'\nzone = 'Europe/Berlin'\n\
             [notify]\nwebhook = '{}/hook'\nfolder = 'handed'\n\
             mail = {{ server = 'smtp://{}', from = 'Shipwake <shipwake@mail.test>', \
             to = ['ada@mail.test', 'late@mail.test'] }}\n",
            chat.url, mail.address
        ),
    );
}

/// Each letter has a name of its own, and all that programs for mail want.
fn are_well_formed(letters: &[(String, String)]) {
    let names = letters
        .iter()
        .map(|(_, letter)| header(letter, "Message-ID:"));
    let names: BTreeSet<&str> = names.collect();
    assert_eq!(names.len(), letters.len(), "each has a name of its own");
    for (_, letter) in letters {
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
}

/// The names of the files of a report.
fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let name = |entry: std::io::Result<std::fs::DirEntry>| {
        entry.unwrap().file_name().into_string().unwrap()
    };
    entries
        .map(name)
        .filter(|name| name != "message.json")
        .collect()
}

#[test]
fn weekly_report_goes_once_to_each() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, RELEASE, ("fine", 60, rarely, rarely));
    ship_story(&data, HOSTILE[4], ("hostile", 60, rarely, rarely));
    let (mail, chat) = (MailServer::open(), Ear::open());
    ask_for_it(&data, "0 8 * * 1", &chat, &mail);
    let run = || succeed(&["schedule", "run", "--data", path(&data)]);
    let first = run();
    let states = deliveries(&data);
    assert_eq!(states.len(), 8, "{states:?}");
    // The chat and one of two people did not take it; whatever else went their way waits with it.
    assert!(
        first.contains("to late@mail.test: waiting: ") && first.contains("451"),
        "{first}"
    );
    assert!(states.iter().any(|one| one.2 == "waiting"), "{states:?}");
    // Three tries fail in all; asked for, what waits does not wait.
    for _ in 0..4 {
        run();
    }
    let states = deliveries(&data);
    assert!(states.iter().all(|one| one.2 == "delivered"), "{states:?}");
    let letters = mail.letters();
    let to: Vec<&str> = letters.iter().map(|letter| letter.0.as_str()).collect();
    let (ada, late) = ("ada@mail.test", "late@mail.test");
    assert_eq!(to, [ada, ada, late, late]);
    are_well_formed(&letters);
    let told = chat.of("/hook");
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told.iter().any(|text| text.contains("*fine, week")),
        "{told:?}"
    );
    for report in states.iter().map(|one| &one.0).collect::<BTreeSet<_>>() {
        let handed = files(&data.join("handed").join(report));
        assert!(handed.len() > 15, "{handed:?}");
        assert_eq!(handed, files(&data.join("reports").join(report)));
    }
}

#[test]
fn a_running_service_makes_it_when_it_is_due_and_tells_nobody_twice() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let rarely: fn(u64) -> bool = |n| n.is_multiple_of(33);
    ship_story(&data, RELEASE, ("fine", 60, rarely, rarely));
    let (mail, chat) = (MailServer::open(), Ear::open());
    ask_for_it(&data, "* * * * * *", &chat, &mail);
    // The one who refuses what comes first is given that.
    let mut first = TcpStream::connect(chat.url.trim_start_matches("http://")).unwrap();
    first
        .write_all(b"POST /hook HTTP/1.1\r\ncontent-length: 0\r\n\r\n")
        .unwrap();
    let refused = BufReader::new(first).lines().next().unwrap().unwrap();
    assert!(refused.contains("503"), "{refused}");
    let server = Server::start(&data);
    // Killed before it is kept that somebody has it, it would be told once more.
    // Each look is a process, so that these take long enough.
    let is_kept = |one: &(String, String, String)| one.1 == "webhook" && one.2 == "delivered";
    let kept = (0..1_000).any(|_| deliveries(&data).iter().any(is_kept));
    assert!(kept, "it was not told");
    server.kill();
    let server = Server::start(&data);
    let list = [
        "schedule",
        "list",
        "--format",
        "json",
        "--data",
        path(&data),
    ];
    let ran = || {
        let found: Value = serde_json::from_str(&succeed(&list)).unwrap();
        found[1]["ran_at"].as_str().map(str::to_owned)
    };
    let before = ran();
    let waited = (0..1_000).any(|_| ran() > before);
    assert!(waited, "it did not run again");
    server.stop();
    assert_eq!(chat.of("/hook").len(), 1);
    let to: Vec<String> = mail.letters().into_iter().map(|letter| letter.0).collect();
    assert!(
        to.iter().filter(|to| *to == "ada@mail.test").count() <= 1,
        "{to:?}"
    );
}

#[test]
fn what_cannot_wait_is_told_at_the_next_look_once_to_each() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir_all(&data).unwrap();
    let (mail, chat) = (MailServer::open(), Ear::open());
    configure(
        &data,
        &format!(
            "[schedule]\nhealth = '0 8 * * 1'\n\
             [notify]\nwebhook = '{}/hook'\n\
             mail = {{ server = 'smtp://{}', from = 'Shipwake <shipwake@mail.test>', \
             to = ['ada@mail.test', 'late@mail.test'] }}\n",
            chat.url, mail.address
        ),
    );
    let send = |id: &str, text: &str| {
        let server = Server::start_with(&data, &["--app", "shop"]);
        let piece = serde_json::json!({"event_id": id, "kind": "bug_report", "text": text,
                                       "release": "2.0", "user_id": id});
        let key = server.key("send");
        let (status, answer) = server.post("/v1/feedback", &key, piece.to_string().as_bytes());
        assert_eq!(status, 200, "{answer}");
        server.stop();
    };
    let run = || succeed(&["schedule", "run", "--data", path(&data)]);
    send("before", "after the update all my photos are gone");
    run();
    assert!(
        chat.of("/hook").is_empty() && mail.letters().is_empty(),
        "it was there before"
    );
    send("praise", "lovely app, thank you");
    send("critical", "all my notes are gone <!channel>");
    // The chat is busy at first, and so is the mail server for one of the two.
    run();
    assert_eq!(mail.letters().len(), 1);
    for _ in 0..2 {
        run();
        let told = chat.of("/hook");
        assert_eq!((told.len(), mail.letters().len()), (1, 2), "{told:?}");
        assert!(
            told[0].contains("1 report that cannot wait (data loss)"),
            "{told:?}"
        );
        assert!(told[0].contains("all my notes are gone") && !told[0].contains("<!channel>"));
        assert!(!told[0].contains("photos") && !told[0].contains("lovely"));
    }
    for (_, letter) in mail.letters() {
        assert!(
            header(&letter, "Subject:").contains("cannot wait"),
            "{letter}"
        );
    }
    let kept = std::fs::read_to_string(data.join("schedule.json")).unwrap();
    assert!(
        !kept.contains("notes") && !kept.contains("critical\""),
        "{kept}"
    );
}
