//! `shipwake serve`: the HTTP service, until it is asked to stop.

use ingest::{Durability, Settings};

use crate::cli::{DurabilityArg, Serve};
use crate::{serving, terminal};

pub(crate) fn run(args: &Serve) -> anyhow::Result<()> {
    let durability = match args.durability {
        DurabilityArg::Disk => Durability::Disk,
        DurabilityArg::Os => Durability::Os,
    };
    let settings = Settings {
        durability,
        ..Settings::default()
    };
    serving::runtime()?.block_on(async {
        let running = serving::start(&args.data.data, &args.listen, &args.app, settings).await?;
        terminal::note(&format!(
            "listening on http://{}, data in {}",
            running.address,
            args.data.data.display()
        ));
        running.wait_for_signal().await?;
        terminal::note("stopping");
        running.stop().await
    })
}
