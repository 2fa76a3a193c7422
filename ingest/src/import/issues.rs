//! A backlog as a list in JSON: GitHub issues as `gh issue list --json …` writes them, whichever of
//! their members were asked for.
//!
//! | member | becomes |
//! |---|---|
//! | `number`, `title` | id and title |
//! | `state`, `stateReason` | the status; closed as not planned or as a duplicate is closed, else done |
//! | `issueType.name`, else a label `bug` or `enhancement` | the kind |
//! | `labels` such as `sp:5` | the estimate, one point a person-day |
//! | `milestone.title` | the release that it is meant for |
//! | `assignees` | the first one owns it |
//! | `blockedBy`, and `blocking` of the others | what it depends on |
//! | `reactionGroups`, thumbs up | its reach |

use std::collections::VecDeque;
use std::io::{Cursor, Read as _};

use lake::{RawObject, columns};
use serde_json::Value;

use crate::import::links::Links;
use crate::import::source::{File, Progress, text_of};
use crate::import::tracker::points_of_label;
use crate::import::{Destination, Import, ImportError, Notes, Row, Rows};
use crate::wire::native::{self, Context};
use crate::wire::split::Content;

/// The largest list.
const LIST_BYTES_MAX: u64 = 128 << 20;

/// Whether a file is a list in JSON; it is read on from its beginning.
pub(super) fn is_list(mut file: File) -> Result<(File, bool), ImportError> {
    let mut head = Vec::new();
    file.by_ref().take(64).read_to_end(&mut head)?;
    let text = head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&head);
    let is_list = text.trim_ascii_start().first() == Some(&b'[');
    Ok((Box::new(Cursor::new(head).chain(file)), is_list))
}

/// Opens a list of issues.
pub(super) fn issues(file: File, into: Destination) -> Result<Import, ImportError> {
    let (text, progress) = text_of(file)?;
    let mut bytes = Vec::new();
    text.take(LIST_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    let unfit = |why: String| {
        let message = format!(
            "the file is no list of issues: {why}. Write it with `gh issue list --state all --limit \
             10000 --json number,title,state,stateReason,labels,milestone,assignees,blockedBy,reactionGroups`"
        );
        ImportError::Header { message }
    };
    if u64::try_from(bytes.len()).is_ok_and(|bytes| bytes > LIST_BYTES_MAX) {
        return Err(unfit(format!(
            "it is larger than {} MiB",
            LIST_BYTES_MAX >> 20
        )));
    }
    let list: VecDeque<Value> =
        serde_json::from_slice(&bytes).map_err(|error| unfit(error.to_string()))?;
    let mut links = Links::default();
    for issue in &list {
        let waiting = numbers(&issue["blocking"]);
        let title = issue["title"].as_str().unwrap_or_default();
        links.take((&id(issue), title), waiting.iter().map(String::as_str));
    }
    let rows = Issues {
        list,
        links,
        progress,
    };
    Ok(Import::new(rows, into, Content::Backlog))
}

struct Issues {
    list: VecDeque<Value>,
    links: Links,
    progress: Progress,
}

impl Rows for Issues {
    fn next_row(&mut self, context: &Context<'_>) -> Result<Option<Row>, ImportError> {
        let Some(issue) = self.list.pop_front() else {
            return Ok(None);
        };
        let raw = issue.to_string().into_bytes();
        let object = object(&issue, &self.links);
        Ok(Some(Row {
            record: native::check_object(&object, &raw, context),
            bytes: raw.len(),
        }))
    }

    fn bytes_read(&self) -> u64 {
        self.progress.bytes_read()
    }

    fn notes(&self) -> Notes {
        Notes {
            remarks: vec!["taken as a list of GitHub issues".to_owned()],
            ..Notes::default()
        }
    }
}

fn id(issue: &Value) -> String {
    issue["number"]
        .as_u64()
        .map_or_else(String::new, |number| number.to_string())
}

/// The entries of a list, which may be wrapped as `{"nodes": […]}`.
fn entries(list: &Value) -> &[Value] {
    let list = list.get("nodes").unwrap_or(list);
    list.as_array().map_or(&[], Vec::as_slice)
}

fn numbers(list: &Value) -> Vec<String> {
    entries(list)
        .iter()
        .map(id)
        .filter(|id| !id.is_empty())
        .collect()
}

/// An issue in native field names.
fn object(issue: &Value, links: &Links) -> RawObject {
    let mut object = RawObject::new();
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            object.insert(name.to_owned(), value);
        }
    };
    let labels: Vec<&str> = entries(&issue["labels"])
        .iter()
        .filter_map(|label| label["name"].as_str().or(label.as_str()))
        .collect();
    let id = id(issue);
    put(
        columns::ITEM_ID,
        (!id.is_empty()).then(|| id.clone().into()),
    );
    put(columns::TITLE, Some(issue["title"].clone()));
    put(columns::STATUS, status(issue).map(Value::from));
    let labelled =
        |name: &&str| ["bug", "enhancement", "feature"].contains(&name.to_lowercase().as_str());
    let kind = issue["issueType"]["name"].as_str();
    let kind = kind.or_else(|| labels.iter().copied().find(|name| labelled(name)));
    put(columns::KIND, kind.map(Value::from));
    let points = labels.iter().find_map(|label| points_of_label(label));
    put(
        columns::EFFORT_PERSON_DAYS,
        points.filter(|points| *points > 0.0).map(Value::from),
    );
    put(columns::TARGET, Some(issue["milestone"]["title"].clone()));
    let owner = entries(&issue["assignees"]).first();
    put(columns::OWNER, owner.map(|owner| owner["login"].clone()));
    let waits_for = numbers(&issue["blockedBy"]);
    put(
        columns::DEPENDS_ON,
        (!waits_for.is_empty()).then(|| waits_for.into()),
    );
    let thumbs = entries(&issue["reactionGroups"])
        .iter()
        .find(|group| group["content"] == "THUMBS_UP");
    let thumbs = thumbs.and_then(|group| group["users"]["totalCount"].as_f64());
    put(
        columns::REACH_USERS,
        thumbs.filter(|people| *people > 0.0).map(Value::from),
    );
    links.finish(&id, &[], &mut object);
    object
}

fn status(issue: &Value) -> Option<&'static str> {
    let state = issue["state"].as_str()?.to_uppercase();
    let reason = issue["stateReason"]
        .as_str()
        .unwrap_or_default()
        .to_uppercase();
    Some(match (state.as_str(), reason.as_str()) {
        ("OPEN", _) => "open",
        (_, "NOT_PLANNED" | "DUPLICATE") => "closed",
        _ => "done",
    })
}
