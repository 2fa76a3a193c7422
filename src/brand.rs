//! The section `[report]`: whose reports these are.

use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use reports::Brand;
use serde::{Deserialize, Serialize};

use crate::terminal;

/// The largest logo: a page is sent as a whole.
const LOGO_BYTES_MAX: u64 = 64 << 10;

/// The section `[report]`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ReportSettings {
    /// The company, above the title of each report.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) company: Option<String>,
    /// File of its logo, from the folder of the configuration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) logo: Option<PathBuf>,
}

impl ReportSettings {
    /// The logo lies in the folder of the configuration, unless its path says more.
    pub(crate) fn look_in(&mut self, folder: &Path) {
        self.logo = self.logo.as_ref().map(|path| folder.join(path));
    }

    /// What stands above the title. A logo that cannot be shown is left out with a word: no service and
    /// no report waits for it.
    pub(crate) fn brand(&self) -> Brand {
        let logo = self.logo.as_deref().map(image).transpose();
        Brand {
            company: self.company.clone(),
            logo: logo.unwrap_or_else(|problem| {
                terminal::note(&format!("{problem}; the report has no logo"));
                None
            }),
        }
    }
}

/// An image as an address that holds it.
fn image(file: &Path) -> Result<String, String> {
    let shown = file.display();
    let bytes = std::fs::metadata(file).map(|about| about.len());
    let bytes = bytes.map_err(|error| format!("report.logo: {shown} cannot be read: {error}"))?;
    if bytes > LOGO_BYTES_MAX {
        let most = LOGO_BYTES_MAX >> 10;
        return Err(format!("report.logo: {shown} is larger than {most} KiB"));
    }
    let bytes = std::fs::read(file);
    let bytes = bytes.map_err(|error| format!("report.logo: {shown} cannot be read: {error}"))?;
    let kind = reports::image_kind(&bytes)
        .ok_or_else(|| format!("report.logo: {shown} is no PNG, JPEG, GIF, WebP or SVG image"))?;
    Ok(format!(
        "data:{kind};base64,{}",
        BASE64_STANDARD.encode(bytes)
    ))
}
