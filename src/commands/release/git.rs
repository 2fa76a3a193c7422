//! When changes were committed, asked of the `git` command. Only instants are read: no content, no
//! message and no name of a person.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

/// Most commits of one release.
const COMMITS_MAX: usize = 100_000;

/// Which commits are a release's.
pub(super) struct Range<'a> {
    pub(super) version: &'a str,
    /// The tag of the release before.
    pub(super) since: Option<&'a str>,
    /// Any revision in its place.
    pub(super) from: Option<&'a str>,
    /// The revision that was released; by default the version's tag.
    pub(super) to: Option<&'a str>,
}

/// When the commits of a range were made, in seconds since 1970, ascending. Merges are left out: they
/// are no changes of their own.
pub(super) fn commit_seconds(repository: &Path, range: &Range<'_>) -> anyhow::Result<Vec<i64>> {
    if ask(repository, &["rev-parse", "--git-dir"])?.is_none() {
        bail!(
            "--git {}: there is no git repository; name the folder of its working copy",
            repository.display()
        );
    }
    let to = end(repository, range)?;
    let from = start(repository, range, &to)?;
    let mut child = git(repository)
        .args(["log", "--no-merges", "--format=%ct"])
        .arg(format!("--max-count={}", COMMITS_MAX + 1))
        .arg(format!("{from}..{to}"))
        .arg("--")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context(NO_GIT)?;
    let mut seconds = Vec::new();
    if let Some(out) = child.stdout.take() {
        for line in BufReader::new(out).lines() {
            let line = line.context("git broke off")?;
            let second = line.trim().parse::<i64>();
            seconds.push(second.context("git log did not answer in instants")?);
        }
    }
    if !child.wait().context("git broke off")?.success() {
        bail!("git log of {from}..{to} failed: run it by hand to see why");
    }
    if seconds.len() > COMMITS_MAX {
        bail!("the range holds more than {COMMITS_MAX} commits: name a nearer one by --from");
    }
    seconds.sort_unstable();
    Ok(seconds)
}

const NO_GIT: &str =
    "the git command cannot be run: install git, or send `commits` to POST /v1/releases";

/// The commit that was released.
fn end(repository: &Path, range: &Range<'_>) -> anyhow::Result<String> {
    if let Some(to) = range.to {
        return commit(repository, to)?
            .with_context(|| format!("--to {to:?} is no revision of the repository"));
    }
    let version = range.version;
    for tag in [version.to_owned(), format!("v{version}")] {
        if let Some(commit) = commit(repository, &format!("refs/tags/{tag}"))? {
            return Ok(commit);
        }
    }
    bail!("there is no tag {version} or v{version}: name the revision that was released by --to")
}

/// The commit up to which everything had been released before.
fn start(repository: &Path, range: &Range<'_>, to: &str) -> anyhow::Result<String> {
    if let Some(tag) = range.since {
        return commit(repository, &format!("refs/tags/{tag}"))?
            .with_context(|| format!("--since {tag:?} is no tag; name any revision by --from"));
    }
    if let Some(from) = range.from {
        return commit(repository, from)?
            .with_context(|| format!("--from {from:?} is no revision of the repository"));
    }
    let parent = format!("{to}^");
    let tag = ask(repository, &["describe", "--tags", "--abbrev=0", &parent])?;
    let before = match tag {
        Some(tag) => commit(repository, &format!("refs/tags/{tag}"))?,
        None => None,
    };
    before.context("there is no tag before this release: name where it begins by --from")
}

/// The id of a commit that a revision names.
fn commit(repository: &Path, revision: &str) -> anyhow::Result<Option<String>> {
    let commit = format!("{revision}^{{commit}}");
    let arguments = [
        "rev-parse",
        "--verify",
        "--quiet",
        "--end-of-options",
        &commit,
    ];
    ask(repository, &arguments)
}

/// What git answers in one line; `None` where it refuses.
fn ask(repository: &Path, arguments: &[&str]) -> anyhow::Result<Option<String>> {
    let answer = git(repository)
        .args(arguments)
        .stderr(Stdio::null())
        .output()
        .context(NO_GIT)?;
    let text = String::from_utf8_lossy(&answer.stdout);
    let line = text.lines().next().unwrap_or_default().trim().to_owned();
    Ok(Some(line).filter(|line| answer.status.success() && !line.is_empty()))
}

fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .arg("-C")
        .arg(repository)
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .stdin(Stdio::null());
    command
}
