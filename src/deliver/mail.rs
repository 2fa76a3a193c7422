//! A report or a notice by mail: words, the same as HTML, and beside them the report itself.

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use lettre::message::header::{self, ContentType, HeaderName, HeaderValue};
use lettre::message::{Attachment, Mailbox, MessageBuilder, MultiPart};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use super::outbound::hash;
use super::settings::MailSettings;

/// Longest time of each answer of the server; some look at a letter for a while before they take it.
const TIME_MAX: Duration = Duration::from_secs(60);

/// What is sent.
#[derive(Debug)]
pub(super) struct Letter<'a> {
    /// What it is called by: a program for mail shows a letter of one name once.
    pub(super) name: &'a str,
    pub(super) message: &'a reports::Message,
    /// The report itself: name and content; a notice has none.
    pub(super) page: Option<(String, Vec<u8>)>,
}

/// Sends a letter.
///
/// # Errors
/// When the server is not reached or does not take it.
pub(super) async fn send(mail: &MailSettings, to: &str, letter: Letter<'_>) -> anyhow::Result<()> {
    let message = composed(mail, to, letter)?;
    // Its error says by itself what it came from.
    let sent = transport(mail)?.send(message).await;
    sent.map_err(|error| anyhow::anyhow!("the mail server did not take it: {error}"))?;
    Ok(())
}

fn composed(mail: &MailSettings, to: &str, letter: Letter<'_>) -> anyhow::Result<lettre::Message> {
    let from: Mailbox = mail.from.parse().context("notify.mail.from")?;
    let domain = from.email.domain().to_owned();
    let id = hash(letter.name);
    let words =
        MultiPart::alternative_plain_html(letter.message.text.clone(), letter.message.html.clone());
    let body = match letter.page {
        Some((name, page)) => MultiPart::mixed()
            .multipart(words)
            .singlepart(Attachment::new(name).body(page, ContentType::TEXT_HTML)),
        None => words,
    };
    let automatic = HeaderValue::new(
        HeaderName::new_from_ascii_str("Auto-Submitted"),
        "auto-generated".to_owned(),
    );
    let builder: MessageBuilder = lettre::Message::builder()
        .from(from)
        .to(to.parse().context("notify.mail.to")?)
        .subject(letter.message.subject.clone())
        .header(header::MIME_VERSION_1_0)
        .raw_header(automatic)
        .message_id(Some(format!("<{id}@{domain}>")));
    Ok(builder.multipart(body)?)
}

fn transport(mail: &MailSettings) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let mut url = reqwest::Url::parse(&mail.server).context("notify.mail.server")?;
    if let Some(file) = &mail.password_file {
        let password = password(file)?;
        let set = url.set_password(Some(&password));
        set.map_err(|()| anyhow::anyhow!("notify.mail.server has no room for a password"))?;
    }
    let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str())
        .context("notify.mail.server")?;
    Ok(builder.timeout(Some(TIME_MAX)).build())
}

fn password(file: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file);
    let text = text.with_context(|| format!("{} cannot be read", file.display()))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
