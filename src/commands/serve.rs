//! `shipwake serve`: the HTTP service, until it is asked to stop.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::cli::{DurabilityArg, Serve};
use crate::config::{Config, Flag};
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
        signals.wait().await;
        terminal::note("stopping");
        running.stop().await
    })
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
