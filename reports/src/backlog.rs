//! The backlog as a sheet that people edit and `shipwake import backlog` reads again, with nothing lost
//! and nothing changed but what they changed.
//!
//! A text that a spreadsheet would run, or take for a number, a day or a truth, has `'` in front; lists
//! are joined by `; `, or are a list in JSON where an entry holds what joins them; truths are yes and no,
//! which no language of a spreadsheet translates.

use analysis::findings::{Backlog, BacklogItem};
use analysis::{is_retyped, needs_mark};

use crate::table::quoted;

/// For which program a CSV file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Preset {
    /// Programs: `,` between cells, a decimal point, no mark of the encoding.
    Plain,
    /// Spreadsheets set to English and the like: with the mark by which they know UTF-8.
    Excel,
    /// Spreadsheets set to German, French and the like: `;` between cells, a decimal comma.
    ExcelEu,
}

impl Preset {
    fn delimiter(self) -> &'static str {
        match self {
            Self::Plain | Self::Excel => ",",
            Self::ExcelEu => ";",
        }
    }

    fn number(self, value: Option<f64>) -> String {
        let text = value.map_or_else(String::new, |value| value.to_string());
        match self {
            Self::Plain | Self::Excel => text,
            Self::ExcelEu => text.replace('.', ","),
        }
    }

    /// A text between quotes, guarded.
    fn text(self, text: &str) -> String {
        let is_changed = self != Self::Plain && is_retyped(text);
        if is_changed || needs_mark(text) {
            return quoted(&format!("'{text}"));
        }
        quoted(text)
    }

    fn list(self, entries: &[String]) -> String {
        let is_joinable = |entry: &String| {
            !entry.contains([';', ',', '[', ']', '"']) && entry.trim() == entry && !entry.is_empty()
        };
        if entries.iter().all(is_joinable) {
            return self.text(&entries.join("; "));
        }
        self.text(&serde_json::Value::from(entries).to_string())
    }
}

const COLUMNS: [&str; 22] = [
    "item_id",
    "title",
    "kind",
    "status",
    "effort_person_days",
    "team",
    "owner",
    "depends_on",
    "factor_bug_fix",
    "factor_strategic",
    "factor_feasibility",
    "factor_dependencies",
    "factor_resources",
    "factor_cost",
    "factor_expected_return",
    "reach_users",
    "impact",
    "confidence",
    "keywords",
    "feature_events",
    "target",
    "mandatory",
];
/// The last column.
const SPENT: &str = "spent_person_days";

/// The backlog as CSV.
#[must_use]
pub fn backlog_csv(backlog: &Backlog, preset: Preset) -> Vec<u8> {
    let mut out = match preset {
        Preset::Plain => String::new(),
        Preset::Excel | Preset::ExcelEu => "\u{feff}".to_owned(),
    };
    let names = COLUMNS.iter().chain([&SPENT]).copied();
    let rows = backlog.items.iter().map(|item| row(item, preset));
    let head = names.map(str::to_owned).collect::<Vec<_>>();
    for cells in std::iter::once(head).chain(rows) {
        out.push_str(&cells.join(preset.delimiter()));
        out.push_str("\r\n");
    }
    out.into_bytes()
}

fn row(item: &BacklogItem, preset: Preset) -> Vec<String> {
    let text = |text: Option<&str>| text.map_or_else(String::new, |text| preset.text(text));
    let number = |value: Option<f64>| {
        let number = preset.number(value);
        // A comma before decimals does not part cells where `;` does.
        if number.contains(preset.delimiter()) {
            quoted(&number)
        } else {
            number
        }
    };
    let list = |entries: &[String]| {
        if entries.is_empty() {
            String::new()
        } else {
            preset.list(entries)
        }
    };
    let factors = &item.factors;
    vec![
        text(Some(&item.item_id)),
        text(Some(&item.title)),
        text(item.kind.as_deref()),
        text(item.status.as_deref()),
        number(item.effort_person_days),
        text(item.team.as_deref()),
        text(item.owner.as_deref()),
        list(&item.depends_on),
        number(factors.bug_fix),
        number(factors.strategic),
        number(factors.feasibility),
        number(factors.dependencies),
        number(factors.resources),
        number(factors.cost),
        number(factors.expected_return),
        number(item.reach_users),
        number(item.impact),
        number(item.confidence),
        list(&item.keywords),
        list(&item.feature_events),
        text(item.target.as_deref()),
        if item.mandatory { "yes" } else { "no" }.to_owned(),
        number(item.spent_person_days),
    ]
}
