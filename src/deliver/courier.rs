//! Hands reports of the archive, and notices, to those who get them.

use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;

use super::archive::Archive;
use super::ledger::Delivery;
use super::mail::{self, Letter};
use super::outbound::Outbound;
use super::settings::{NotifySettings, Recipient};

/// Longest time of copying a report.
const COPY_MAX: Duration = Duration::from_secs(60);

/// Hands reports over.
#[async_trait]
pub(crate) trait Sends {
    /// Hands one over; `None` where its recipient is not asked for any more.
    async fn send(&mut self, name: &str, delivery: &Delivery) -> Option<anyhow::Result<()>>;
}

/// Who hands over what lies in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Courier {
    pub(crate) archive: Archive,
    pub(crate) notify: NotifySettings,
    pub(crate) outbound: Outbound,
}

#[async_trait]
impl Sends for Courier {
    async fn send(&mut self, name: &str, delivery: &Delivery) -> Option<anyhow::Result<()>> {
        let recipients = self.notify.recipients();
        let is_it = |recipient: &&Recipient| {
            let (channel, known) = recipient.name();
            channel == delivery.channel && known == delivery.recipient
        };
        let recipient = recipients.iter().find(is_it)?;
        Some(self.send_to(name, delivery, recipient).await)
    }
}

impl Courier {
    /// Hands a notice over, which is kept nowhere; folders get none.
    ///
    /// # Errors
    /// When it was not taken.
    pub(crate) async fn notice(
        &self,
        to: &Recipient,
        name: &str,
        message: &reports::Message,
    ) -> anyhow::Result<()> {
        match to {
            Recipient::Webhook(url) => self.outbound.once(url, name, &message.chat).await,
            Recipient::Folder(_) => Ok(()),
            Recipient::Mail(to) => {
                let settings = self.notify.mail.as_ref().context("no mail is set up")?;
                let letter = Letter {
                    name,
                    message,
                    page: None,
                };
                mail::send(settings, to, letter).await
            }
        }
    }

    async fn send_to(&self, name: &str, delivery: &Delivery, to: &Recipient) -> anyhow::Result<()> {
        let report = &delivery.report;
        match to {
            Recipient::Webhook(url) => {
                let message = self.archive.message(report)?;
                self.outbound.once(url, name, &message.chat).await
            }
            Recipient::Folder(folder) => {
                let (archive, report, to) =
                    (self.archive.clone(), report.clone(), folder.join(report));
                let copied = tokio::task::spawn_blocking(move || archive.copy(&report, &to));
                // A folder of another machine may never answer.
                tokio::time::timeout(COPY_MAX, copied)
                    .await
                    .context("the folder does not answer")??
            }
            Recipient::Mail(to) => {
                let settings = self.notify.mail.as_ref().context("no mail is set up")?;
                let letter = Letter {
                    name,
                    message: &self.archive.message(report)?,
                    page: Some(self.archive.page(report)?),
                };
                mail::send(settings, to, letter).await
            }
        }
    }
}
