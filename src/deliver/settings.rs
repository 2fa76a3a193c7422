//! The section `[notify]`: who is told, and who gets the reports.

use std::path::{Path, PathBuf};

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use serde::{Deserialize, Serialize};

use super::outbound::hash;

/// The section `[notify]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct NotifySettings {
    /// Whether webhook and mail are told at the next look of feedback that cannot wait, and of themes
    /// that rise.
    pub(crate) urgent: bool,
    /// Address that takes `{"text": …}`, as Slack, Mattermost and others do: changes of a verdict, and
    /// the weekly report in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) webhook: Option<String>,
    /// Folder that gets the files of each weekly report, in a folder of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) folder: Option<PathBuf>,
    /// Who gets the weekly report by mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mail: Option<MailSettings>,
}

/// Mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MailSettings {
    /// `smtps://USER@HOST` (TLS), `smtp://USER@HOST:587?tls=required` (STARTTLS) or `smtp://HOST:25`.
    pub(crate) server: String,
    /// File that holds the user's password, from the folder of the configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password_file: Option<PathBuf>,
    /// Who it is from.
    pub(crate) from: String,
    /// Who gets it, each a mail of their own.
    pub(crate) to: Vec<String>,
}

/// Somebody who gets reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Recipient {
    /// A chat.
    Webhook(String),
    /// A folder.
    Folder(PathBuf),
    /// A person with an address.
    Mail(String),
}

impl Recipient {
    /// By what it gets it, and a name for it that holds no secret: an address of a webhook may be one.
    pub(crate) fn name(&self) -> (&'static str, String) {
        match self {
            Self::Webhook(url) => {
                let mut short = hash(url);
                short.truncate(12);
                ("webhook", short)
            }
            Self::Folder(folder) => ("folder", folder.display().to_string()),
            Self::Mail(to) => ("mail", to.clone()),
        }
    }
}

impl Default for NotifySettings {
    fn default() -> Self {
        Self {
            urgent: true,
            webhook: None,
            folder: None,
            mail: None,
        }
    }
}

impl NotifySettings {
    /// Everybody who gets reports.
    pub(crate) fn recipients(&self) -> Vec<Recipient> {
        let webhook = self.webhook.iter().cloned().map(Recipient::Webhook);
        let folder = self.folder.iter().cloned().map(Recipient::Folder);
        let mail = self.mail.iter().flat_map(|mail| &mail.to).cloned();
        webhook
            .chain(folder)
            .chain(mail.map(Recipient::Mail))
            .collect()
    }

    /// Files and folders that are named lie in the folder of the configuration, unless they say more.
    pub(crate) fn look_in(&mut self, folder: &Path) {
        let password = self
            .mail
            .as_mut()
            .and_then(|mail| mail.password_file.as_mut());
        for path in password.into_iter().chain(&mut self.folder) {
            *path = folder.join(&*path);
        }
    }

    /// What does not hold together.
    pub(crate) fn problems(&self) -> Vec<String> {
        let webhook = self.webhook.as_deref();
        let webhook = webhook.and_then(|url| not_an_address("notify.webhook", url));
        let mut problems: Vec<String> = webhook.into_iter().collect();
        let Some(mail) = &self.mail else {
            return problems;
        };
        if mail.to.is_empty() {
            problems.push("notify.mail.to: name at least one address".to_owned());
        }
        for (key, address) in mail
            .to
            .iter()
            .map(|to| ("to", to))
            .chain([("from", &mail.from)])
        {
            if address.parse::<Mailbox>().is_err() {
                problems.push(format!(
                    "notify.mail.{key}: {address:?} is no address such as ada@example.com"
                ));
            }
        }
        problems.extend(mail.server_problem().map(str::to_owned));
        problems
    }
}

impl MailSettings {
    /// Why the server cannot be used as it is written.
    fn server_problem(&self) -> Option<&'static str> {
        let url = reqwest::Url::parse(&self.server).ok();
        let is_mail = |url: &reqwest::Url| {
            let is_known = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.as_str()).is_ok();
            matches!(url.scheme(), "smtp" | "smtps") && is_known && url.password().is_none()
        };
        let Some(url) = url.filter(is_mail) else {
            return Some(
                "notify.mail.server: write smtps://USER@HOST, smtp://USER@HOST:587?tls=required or \
                 smtp://HOST:25, the password in notify.mail.password_file",
            );
        };
        let is_hidden = url.scheme() == "smtps" || url.query() == Some("tls=required");
        match (url.username().is_empty(), self.password_file.is_some()) {
            (true, true) => Some("notify.mail.server: a password needs a user: USER@HOST"),
            (false, false) => Some("notify.mail.password_file: a user needs a password"),
            (false, true) if !is_hidden => {
                Some("notify.mail.server: a password goes only over TLS: smtps:// or ?tls=required")
            }
            _ => None,
        }
    }
}

/// Says what to write where a key holds no address of the web.
pub(crate) fn not_an_address(key: &str, url: &str) -> Option<String> {
    let parsed = reqwest::Url::parse(url).ok();
    let is_web = parsed.is_some_and(|url| matches!(url.scheme(), "http" | "https"));
    (!is_web).then(|| format!("{key}: write an address like https://example.com/hook"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_hold_together_is_named_by_its_key() {
        let settings = NotifySettings {
            urgent: true,
            webhook: Some("hook".to_owned()),
            folder: None,
            mail: Some(MailSettings {
                server: "smtp://ada:secret@mail.test".to_owned(),
                password_file: None,
                from: "nobody".to_owned(),
                to: vec!["ada@example.com".to_owned(), "x\r\nBcc: y@z".to_owned()],
            }),
        };
        let problems = settings.problems();
        let keys: Vec<&str> = problems
            .iter()
            .filter_map(|problem| problem.split_once(": ").map(|parts| parts.0))
            .collect();
        assert_eq!(
            keys,
            [
                "notify.webhook",
                "notify.mail.to",
                "notify.mail.from",
                "notify.mail.server"
            ]
        );
    }

    #[test]
    fn a_password_goes_only_over_tls_and_only_with_a_user() {
        let problem = |server: &str, has_password: bool| {
            let mail = MailSettings {
                server: server.to_owned(),
                password_file: has_password.then(PathBuf::new),
                ..MailSettings::default()
            };
            mail.server_problem()
                .map(|problem| problem.split_once(": ").unwrap().0)
        };
        assert_eq!(problem("smtps://ada%40x.test@mail.test", true), None);
        assert_eq!(problem("smtp://ada@mail.test:587?tls=required", true), None);
        assert_eq!(problem("smtp://mail.test:25", false), None);
        let server = Some("notify.mail.server");
        assert_eq!(problem("smtp://ada@mail.test:587", true), server);
        assert_eq!(
            problem("smtp://ada@mail.test?tls=opportunistic", true),
            server
        );
        assert_eq!(problem("smtp://mail.test?tls=bogus", false), server);
        assert_eq!(problem("smtps://mail.test", true), server);
        let password = Some("notify.mail.password_file");
        assert_eq!(problem("smtps://ada@mail.test", false), password);
    }

    #[test]
    fn a_recipient_is_named_without_a_secret() {
        let (channel, name) = Recipient::Webhook("https://hooks.test/SECRET".to_owned()).name();
        assert_eq!((channel, name.len()), ("webhook", 12));
        let other = Recipient::Webhook("https://hooks.test/OTHER".to_owned()).name();
        assert_ne!(name, other.1);
    }
}
