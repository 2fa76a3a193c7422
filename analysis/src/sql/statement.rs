//! What a query says, before anything is done: that it only reads, and which tables and columns it
//! names.
//!
//! Invariant: Polars sees no statement that is not allowed here by name. What is new in a later
//! parser is refused until somebody allows it. A table function could read any file of the machine,
//! so none is allowed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName, Query, Select, SetExpr, Statement as Parsed, TableAlias, TableFactor,
    Visit as _, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserOptions};

use super::error::QueryError;

/// Longer queries are not read.
const QUERY_BYTES_MAX: usize = 1 << 20;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Asked {
    /// Rows, or the plan that would bring them.
    Rows,
    /// The tables there are.
    Tables,
    /// The columns of a table.
    Columns(String),
}

/// A query that only reads.
#[derive(Debug)]
pub(super) struct Statement {
    pub(super) asked: Asked,
    /// The tables that it names, without those that it makes up itself.
    pub(super) tables: BTreeSet<String>,
    /// The tables that it makes up: by `WITH`, and by aliases.
    pub(super) made_up: BTreeSet<String>,
    /// The columns that it names, in order.
    pub(super) columns: Vec<String>,
    /// Whether it puts the rows of several queries together.
    pub(super) has_union: bool,
}

/// Reads a query.
pub(super) fn read(text: &str) -> Result<Statement, QueryError> {
    if text.len() > QUERY_BYTES_MAX {
        return Err(QueryError::TooLong {
            bytes: text.len(),
            most: QUERY_BYTES_MAX,
        });
    }
    // As Polars reads it: both must see the same query.
    let options = ParserOptions {
        trailing_commas: true,
        ..ParserOptions::default()
    };
    let parsed = Parser::new(&GenericDialect)
        .with_options(options)
        .try_with_sql(text)
        .and_then(|mut parser| parser.parse_statements())
        .map_err(|error| QueryError::Syntax(error.to_string()))?;
    let statement = match parsed.as_slice() {
        [one] => one,
        [] => return Err(QueryError::Syntax("it says nothing".to_owned())),
        _ => return Err(QueryError::Refused("more than one statement".to_owned())),
    };
    let mut names = Names::default();
    if let ControlFlow::Break(refused) = statement.visit(&mut names) {
        return Err(*refused);
    }
    let asked = match statement {
        Parsed::ShowTables { .. } => Asked::Tables,
        Parsed::ExplainTable { table_name, .. } => {
            let name = plain(table_name);
            names.tables.insert(name.clone());
            Asked::Columns(name)
        }
        _ => Asked::Rows,
    };
    let made_up = names.made_up;
    Ok(Statement {
        asked,
        tables: names
            .tables
            .into_iter()
            .filter(|name| !made_up.contains(name))
            .collect(),
        made_up,
        columns: names.columns,
        has_union: names.has_union,
    })
}

/// The names in a query.
#[derive(Debug, Default)]
struct Names {
    tables: BTreeSet<String>,
    /// Those that the query makes itself: `WITH` and aliases.
    made_up: BTreeSet<String>,
    columns: Vec<String>,
    has_union: bool,
}

type Verdict = ControlFlow<Box<QueryError>>;

fn refused(what: impl Into<String>) -> Verdict {
    ControlFlow::Break(Box::new(QueryError::Refused(what.into())))
}

impl Names {
    fn make_up(&mut self, alias: Option<&TableAlias>) {
        self.made_up
            .extend(alias.map(|alias| alias.name.value.clone()));
    }
}

impl Visitor for Names {
    type Break = Box<QueryError>;

    fn pre_visit_statement(&mut self, statement: &Parsed) -> Verdict {
        match statement {
            Parsed::Query(_) | Parsed::ShowTables { .. } | Parsed::ExplainTable { .. } => {
                ControlFlow::Continue(())
            }
            Parsed::Explain { statement, .. } if matches!(**statement, Parsed::Query(_)) => {
                ControlFlow::Continue(())
            }
            other => refused(first_word(&other.to_string())),
        }
    }

    fn pre_visit_query(&mut self, query: &Query) -> Verdict {
        for cte in query.with.iter().flat_map(|with| &with.cte_tables) {
            self.make_up(Some(&cte.alias));
        }
        self.has_union |= matches!(*query.body, SetExpr::SetOperation { .. });
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> Verdict {
        if select.into.is_some() {
            return refused("SELECT INTO");
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> Verdict {
        match factor {
            TableFactor::Table {
                name,
                args: Some(_),
                ..
            } => return refused(format!("table function {name}")),
            TableFactor::Table { name, alias, .. } => {
                self.tables.insert(plain(name));
                self.make_up(
                    alias
                        .as_ref()
                        .filter(|alias| alias.name.value != plain(name)),
                );
            }
            TableFactor::Derived { alias, .. }
            | TableFactor::NestedJoin { alias, .. }
            | TableFactor::UNNEST { alias, .. } => self.make_up(alias.as_ref()),
            other => return refused(format!("FROM {other}")),
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> Verdict {
        match expr {
            Expr::Identifier(name) => self.columns.push(name.value.clone()),
            Expr::CompoundIdentifier(parts) => {
                self.columns
                    .extend(parts.last().map(|name| name.value.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// A table's name without quotes; one of several parts as it stands, so that it is not found.
fn plain(name: &ObjectName) -> String {
    match name.0.as_slice() {
        [part] => part
            .as_ident()
            .map_or_else(|| name.to_string(), |ident| ident.value.clone()),
        _ => name.to_string(),
    }
}

fn first_word(text: &str) -> String {
    text.split_whitespace()
        .next()
        .unwrap_or("an empty statement")
        .to_uppercase()
}
