//! `shipwake serve`: the HTTP service, until it is asked to stop.

use std::sync::Arc;

use anyhow::Context as _;
use lake::SystemClock;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use tokio::task::JoinHandle;

use crate::cli::{DurabilityArg, Serve};
use crate::config::{Config, Flag};
use crate::schedule::Runner;
use crate::serving::Running;
use crate::{serving, terminal};

pub(crate) fn run(args: &Serve) -> anyhow::Result<()> {
    let config = Config::load(&args.data, flags(args))?;
    allow_open_files();
    serving::runtime()?.block_on(async {
        let running = serving::start(&args.data.data, &config).await?;
        let mut signals = serving::StopSignals::catch()?;
        terminal::note(&format!(
            "listening on {}://{}, data in {}",
            running.scheme,
            running.address,
            args.data.data.display()
        ));
        let schedule = schedule(&running, &config, args)?;
        signals.wait().await;
        terminal::note("stopping");
        running.stop().await?;
        match schedule {
            Some(schedule) => schedule.await.context("the schedule ended in a panic"),
            None => Ok(()),
        }
    })
}

/// Starts what is scheduled.
fn schedule(
    running: &Running,
    config: &Config,
    args: &Serve,
) -> anyhow::Result<Option<JoinHandle<()>>> {
    let parts = (
        running.ingest.clone(),
        Arc::clone(&running.answers.verdicts),
        Arc::clone(&running.answers.wake),
    );
    let runner = Runner::of(parts, Arc::new(SystemClock), config, args.data.data.clone())?;
    let stopping = running.ingest.stopping();
    Ok(runner.map(|runner| tokio::spawn(runner.run(stopping))))
}

/// What was given on the command line.
fn flags(args: &Serve) -> Vec<Flag> {
    let durability = args.durability.map(|durability| match durability {
        DurabilityArg::Disk => "disk".to_owned(),
        DurabilityArg::Os => "os".to_owned(),
    });
    let given = [
        ("--listen", ("serve", "listen"), args.listen.clone()),
        ("--app", ("serve", "app"), args.app.clone()),
        ("--durability", ("ingest", "durability"), durability),
    ];
    given
        .into_iter()
        .filter_map(|(name, key, value)| value.map(|value| Flag { name, key, value }))
        .collect()
}

/// Lets this process open as many files as the system allows it. Each connection is one, and the
/// 1,024 that most systems start with are few; other programs' reasons for them are not ours.
fn allow_open_files() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        ..limit
    };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, "limit of open files not raised");
    }
}
