//! `POST /v1/commands`: a command that only reads, carried out here for somebody who has no data
//! folder.
//!
//! What comes back is what the command says here, so that every face agrees: one line of JSON with the
//! exit code and the talk, then its output as it is. Each runs in a process of its own, within the
//! limits of `[schedule]`, one at a time: an analysis uses every core by itself, and the service has
//! events to take. Files are never named from afar ([`Words::read`]), and a key for one app reads that
//! app alone.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, web};
use ingest::Ingest;
use ingest::http::{Problem, State};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::body;
use super::verdicts::WAIT;
use crate::child::{Children, Ended};
use crate::cli::{Command, Of};
use crate::words::Words;

/// Commands that wait for their turn; more are told to come again.
const WAITING_MAX: usize = 32;
/// Largest command.
const BODY_BYTES_MAX: usize = 256 << 10;

/// What it is, and how it is written.
const COMMAND: &str = "a command";
const WRITTEN: &str = r#"{"arguments": ["report", "weekly", "--week=last"]}"#;

/// A command, as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// Its words after the name of the program.
    pub(crate) arguments: Vec<String>,
}

/// The first line of what comes back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) exit_code: u8,
    /// What the command said beside its output.
    pub(crate) talk: String,
}

/// Carries commands out.
#[derive(Debug)]
pub(crate) struct Commands {
    ingest: Ingest,
    children: Children,
    turn: Semaphore,
    places: Semaphore,
}

impl Commands {
    pub(crate) fn new(ingest: Ingest, children: Children) -> Arc<Self> {
        Arc::new(Self {
            ingest,
            children,
            turn: Semaphore::new(1),
            places: Semaphore::new(WAITING_MAX),
        })
    }

    /// Runs a command when it is its turn, on all that was acknowledged before.
    ///
    /// # Errors
    /// A 503 where it cannot be run.
    ///
    /// # Cancel safety
    /// A command that nobody waits for any more is ended.
    pub(super) async fn carry_out(&self, words: Words) -> Result<Ended, Problem> {
        let later = |message: &str| Problem::later(message, WAIT);
        let place = self.places.try_acquire();
        let _place = place.map_err(|_| later("too many commands wait: ask again later"))?;
        let turn = self.turn.acquire().await;
        let _turn = turn.map_err(|_| later("the service stops: ask again later"))?;
        // What was acknowledged before is known to the command: plans above all, which are changed on.
        let flushed = self.ingest.flush().await;
        flushed.map_err(|_| later("the tables cannot be written: ask again later"))?;
        self.children.run(words).await.map_err(|error| {
            tracing::warn!(error = format!("{error:#}"), "command not carried out");
            later(&format!("the command was not carried out: {error:#}"))
        })
    }
}

/// What a command left, as it goes to the one who sent it.
fn answer(ended: Ended) -> Result<HttpResponse, Problem> {
    let later = |message: &str| Problem::later(message, WAIT);
    let code = ended.code.and_then(|code| u8::try_from(code).ok());
    let head = Head {
        exit_code: code.ok_or_else(|| later("the command was killed: ask for less"))?,
        talk: ended.stderr,
    };
    let head = serde_json::to_vec(&head).map_err(|_| later("the answer has no form"))?;
    Ok(HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("application/octet-stream")
        .body([&head, b"\n".as_slice(), &ended.stdout].concat()))
}

/// `POST /v1/commands`.
pub(super) async fn run(
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<State>,
    commands: web::Data<Commands>,
) -> Result<HttpResponse, Problem> {
    // The key before the body: who has none is not read.
    let app = state.readable_apps(&request)?;
    let sent: Sent = body::read(payload, BODY_BYTES_MAX, (COMMAND, WRITTEN)).await?;
    let words = allowed(&sent.arguments, app)?;
    answer(commands.carry_out(words).await?)
}

/// The command, if it only reads, and only what the key may read.
fn allowed(arguments: &[String], app: Option<String>) -> Result<Words, Problem> {
    let refused = |message: String| Problem::new(StatusCode::BAD_REQUEST, "bad_command", message);
    let (cli, words) = Words::read(arguments).map_err(|error| refused(error.to_string()))?;
    let asks = cli.command.asks().ok_or_else(|| {
        let message = "a service carries out report, feedback, plan, funnel, sql, health history, \
                       release list, show and score; a check of a release is GET /v1/health/releases/{release}";
        refused(message.to_owned())
    })?;
    let words = match cli.command {
        // Files go to the one who asks.
        Command::Report(_) => words.with("out", "-"),
        _ => words,
    };
    match (app, asks.of) {
        (None, _) => Ok(words),
        (Some(app), Of::App(None)) => Ok(words.with("app", &app)),
        (Some(app), Of::App(Some(named))) if app == named => Ok(words),
        (Some(app), _) => {
            let message = format!("the key is for app {app} alone: ask by a key for all apps");
            Err(Problem::new(StatusCode::FORBIDDEN, "wrong_app", message))
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::ResponseError as _;

    use super::*;

    fn of(line: &str, app: Option<&str>) -> Result<String, u16> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        allowed(&words, app.map(str::to_owned))
            .map(|words| words.in_line().join(" "))
            .map_err(|problem| problem.status_code().as_u16())
    }

    #[test]
    fn a_key_for_one_app_reads_that_app_alone() {
        let shop = Some("shop");
        assert_eq!(of("plan", shop).unwrap(), "plan --app=shop");
        assert_eq!(of("plan --app shop", shop).unwrap(), "plan --app=shop");
        assert_eq!(of("plan --app other", shop), Err(403));
        assert_eq!(of("sql SELECT", shop), Err(403));
        assert_eq!(of("sql SELECT", None).unwrap(), "sql -- SELECT");
        assert_eq!(of("plan --app other", None).unwrap(), "plan --app=other");
        assert_eq!(
            of("report release 4.2.0", shop).unwrap(),
            "report release --out=- --app=shop -- 4.2.0"
        );
        assert_eq!(
            of("report weekly", shop).unwrap(),
            "report weekly --out=- --app=shop"
        );
    }

    #[test]
    fn what_writes_serves_or_names_a_file_is_refused() {
        for bad in [
            "serve",
            "key create --scope admin",
            "key list",
            "lake erase --user x",
            "lake status",
            "release add 1",
            "release mark 1 deployed",
            "feedback label f1 --as praise",
            "feedback link --item A --confirm f1",
            "feedback link --merge A --into B",
            "import events x",
            "config show",
            "health check 1",
            "plan --data /tmp",
            "plan --nrp /etc/passwd --ratio 0.5",
            "report weekly --out /tmp/x",
            "quarantine list",
        ] {
            assert_eq!(of(bad, None), Err(400), "{bad}");
        }
    }
}
