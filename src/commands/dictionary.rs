//! `shipwake dictionary`: what each metric means.

use anyhow::bail;
use reports::Found;

use crate::cli::{Dictionary, DictionaryFormat};
use crate::terminal;

pub(crate) fn run(args: &Dictionary) -> anyhow::Result<()> {
    let metrics = match reports::look_up(args.name.as_deref()) {
        Found::Metrics(metrics) => metrics,
        Found::NotComputed(metric) => {
            bail!("{} is defined, and no command computes it yet", metric.id)
        }
        Found::Nothing(names) => bail!(
            "no metric and no group has that name; there are {}",
            names.join(", ")
        ),
    };
    let text = match args.format {
        DictionaryFormat::Text => reports::dictionary_text(&metrics),
        DictionaryFormat::Markdown => reports::dictionary_markdown(&metrics),
        DictionaryFormat::Json => reports::dictionary_json(&metrics)?,
        DictionaryFormat::Csv => {
            terminal::bytes(reports::dictionary_csv(&metrics).as_bytes())?;
            return Ok(());
        }
    };
    terminal::data(&text);
    Ok(())
}
