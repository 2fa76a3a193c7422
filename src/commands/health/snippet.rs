//! `shipwake health snippet`: what a rollout controller, a scheduler or a pipeline needs to ask for
//! verdicts, filled in.
//!
//! Each template is a file beside this one. What is filled in is checked first and made of plain
//! characters, so that none of it can end a string, a line or a unit.

use anyhow::bail;

use crate::cli::{HealthSnippet, SnippetKind};
use crate::terminal;

pub(super) fn run(args: &HealthSnippet) -> anyhow::Result<()> {
    terminal::bytes(filled(args)?.as_bytes())?;
    Ok(())
}

fn template(kind: SnippetKind) -> &'static str {
    match kind {
        SnippetKind::Argo => include_str!("snippets/argo.yaml"),
        SnippetKind::Flagger => include_str!("snippets/flagger.yaml"),
        SnippetKind::Cronjob => include_str!("snippets/cronjob.yaml"),
        SnippetKind::Systemd => include_str!("snippets/systemd.ini"),
        SnippetKind::Github => include_str!("snippets/github.yaml"),
    }
}

fn filled(args: &HealthSnippet) -> anyhow::Result<String> {
    let url = args.url.trim_end_matches('/');
    plain("--url", url, "-._~:/[]")?;
    if !["http://", "https://"]
        .iter()
        .any(|scheme| url.starts_with(scheme))
    {
        bail!("--url {url:?} is no address: write it like https://shipwake.example");
    }
    plain("--release", &args.release, "-._+~")?;
    plain("--image", &args.image, "-._:/@")?;
    plain("--program", &args.program, "-._/+")?;
    crate::question::zone(&args.zone)?;
    let mark = format!(
        "curl -fsS {url}/v1/releases/marks -H \"Authorization: Bearer $PLAN_KEY\" -d \
         '{{\"version\": \"{}\", \"mark\": \"deployed\"}}'",
        args.release
    );
    let values = [
        ("«url»", url),
        ("«app»", &args.app),
        ("«release»", &args.release),
        ("«image»", &args.image),
        ("«zone»", &args.zone),
        ("«program»", &args.program),
        ("«mark»", &mark),
    ];
    let template = template(args.kind).to_owned();
    Ok(values
        .into_iter()
        .fold(template, |text, (name, value)| text.replace(name, value)))
}

/// Letters, digits and these signs alone.
fn plain(option: &str, value: &str, signs: &str) -> anyhow::Result<()> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || signs.contains(c);
    if value.is_empty() || value.len() > 200 || !value.chars().all(is_plain) {
        bail!(
            "{option} {value:?} is written into files of others: 1 to 200 of A-Z, a-z, 0-9, {signs}"
        );
    }
    Ok(())
}
