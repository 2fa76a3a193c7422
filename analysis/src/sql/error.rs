//! What can be wrong with a query, in words for the person who wrote it.

use polars::error::PolarsError;

/// A query that cannot be answered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// It is too long to be read; write less.
    #[error("the query has {bytes} bytes, and at most {most} are read")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The most that is read.
        most: usize,
    },
    /// It cannot be read; correct it.
    #[error("the query cannot be read: {0}")]
    Syntax(String),
    /// It asks for something else than reading the lake; ask for that in another way.
    #[error(
        "{0} is refused: queries only read, and only the tables here \
         (SELECT, WITH, SHOW TABLES, DESCRIBE, EXPLAIN)"
    )]
    Refused(String),
    /// There is no such table; name one that there is.
    #[error("there is no table {name:?}{}; there are {}", suggested(near.as_deref()), there.join(", "))]
    NoTable {
        /// The name given.
        name: String,
        /// The name that comes nearest.
        near: Option<String>,
        /// All tables.
        there: Vec<String>,
    },
    /// The query gives a table of the lake's name to rows of its own, and engines differ in which of
    /// the two they then read; choose another name.
    #[error("{0:?} is a table here: give what the query calls so another name")]
    Taken(String),
    /// There is no such column; name one that there is.
    #[error("there is no column {name:?}{}; there are {}", suggested(near.as_deref()), there.join(", "))]
    NoColumn {
        /// The name given.
        name: String,
        /// The name that comes nearest.
        near: Option<String>,
        /// The columns of the tables that the query reads.
        there: Vec<String>,
    },
    /// The query was read and could not be answered; correct it, or look at the disk.
    #[error("the query could not be answered: {0}")]
    Failed(String),
    /// The answer could not be written; look at where it goes.
    #[error("the answer could not be written")]
    Write(#[source] PolarsError),
}

impl QueryError {
    /// What the engine says, without the plan that it prints behind: that names files, and no user.
    pub(super) fn failed(error: &PolarsError) -> Self {
        let said = error.to_string();
        let short = said.split("\n\nResolved plan until failure").next();
        Self::Failed(short.unwrap_or(&said).trim().to_owned())
    }
}

fn suggested(near: Option<&str>) -> String {
    near.map(|name| format!(", did you mean {name:?}?"))
        .unwrap_or_default()
}
