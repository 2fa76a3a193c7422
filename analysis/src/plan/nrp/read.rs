//! Reads a case of the next release problem from its text form.
//!
//! The form (J. Xuan, H. Jiang, Z. Ren, Z. Luo, IEEE TSE 38 (2012) 1195–1212): whole numbers between
//! any white space. The count of levels; for each level its count of requirements and their costs;
//! the count of dependencies and pairs `a b`, where b needs a; the count of customers, and for each
//! its profit, the count of its requests and the requirements requested. Ids count from 1 over all
//! levels.
//!
//! Nothing is allocated for a count before the numbers that it promises have been read, so that the
//! memory is bounded by the size of the text.

use super::{Customer, Instance};

/// Largest product of the sum of profits and the sum of costs. Prices of a unit of cost are
/// fractions of the two, and within it they and all sums of them are exact.
const PRODUCT_MAX: i128 = 1 << 50;

/// Why a text is no case of the next release problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The text ends early.
    #[error(
        "the file ends at line {line} where {expected} should follow: it is cut short, or a count \
         before is too large"
    )]
    Truncated {
        /// The last line.
        line: usize,
        /// What should follow.
        expected: String,
    },
    /// A word is no number that can stand here.
    #[error("line {line}: {expected} must be a whole number from 0 to {max}, found {found:?}", max = u32::MAX)]
    NotANumber {
        /// Where.
        line: usize,
        /// What was to be read.
        expected: String,
        /// The word, shortened.
        found: String,
    },
    /// An id is none of the requirements.
    #[error(
        "line {line}: {expected} is requirement {id}, but ids go from 1 to {requirements}: correct \
         the id, or the counts of the levels"
    )]
    UnknownRequirement {
        /// Where.
        line: usize,
        /// What was to be read.
        expected: String,
        /// The id found.
        id: u32,
        /// How many requirements there are.
        requirements: usize,
    },
    /// Numbers are left after the last customer.
    #[error(
        "line {line}: {found:?} stands after the last of {customers} customers: a count before is \
         too small"
    )]
    Surplus {
        /// Where.
        line: usize,
        /// The word, shortened.
        found: String,
        /// How many customers there are.
        customers: usize,
    },
    /// The sums cannot be reckoned with exactly.
    #[error(
        "costs sum to {cost} and profits to {profit}: their product must be at most {PRODUCT_MAX}; \
         divide all costs, or all profits, by a common divisor"
    )]
    TooLarge {
        /// Sum of all costs.
        cost: i128,
        /// Sum of all profits.
        profit: i128,
    },
}

/// Reads one case.
///
/// # Errors
/// [`ReadError`] with the line and what to do, for a text that is cut short, holds words that are no
/// whole numbers, ids that do not exist or numbers to spare, or is too large.
pub fn read(text: &[u8]) -> Result<Instance, ReadError> {
    let mut words = Words::new(text);
    let mut costs = Vec::new();
    for level in 1..=words.number(|| "the count of levels".to_owned())? {
        let count = words.number(|| format!("the count of requirements of level {level}"))?;
        for place in 1..=count {
            let cost = words.number(|| format!("cost {place} of {count} of level {level}"))?;
            costs.push(i64::from(cost));
        }
    }
    let mut needs = vec![Vec::new(); costs.len()];
    let pairs = words.number(|| "the count of dependencies".to_owned())?;
    for pair in 1..=pairs {
        let side = |side: &str| format!("the {side} of dependency {pair} of {pairs}");
        let needed = words.requirement(costs.len(), || side("first"))?;
        let dependent = words.requirement(costs.len(), || side("second"))?;
        needs[dependent].push(needed);
    }
    let mut customers = Vec::new();
    let count = words.number(|| "the count of customers".to_owned())?;
    for customer in 1..=count {
        let profit = words.number(|| format!("the profit of customer {customer} of {count}"))?;
        let asked = words.number(|| format!("the count of requests of customer {customer}"))?;
        let mut requests = Vec::new();
        for place in 1..=asked {
            let what = || format!("request {place} of {asked} of customer {customer}");
            requests.push(words.requirement(costs.len(), what)?);
        }
        customers.push(Customer {
            profit: i64::from(profit),
            requests,
        });
    }
    if let Some(found) = words.next() {
        return Err(ReadError::Surplus {
            line: words.line,
            found: shortened(found),
            customers: customers.len(),
        });
    }
    checked(Instance {
        costs,
        needs,
        customers,
    })
}

fn checked(instance: Instance) -> Result<Instance, ReadError> {
    let cost: i128 = instance.costs.iter().map(|cost| i128::from(*cost)).sum();
    let profits = instance.customers.iter().map(|customer| customer.profit);
    let profit: i128 = profits.map(i128::from).sum();
    if cost.max(1).saturating_mul(profit.max(1)) > PRODUCT_MAX {
        return Err(ReadError::TooLarge { cost, profit });
    }
    Ok(instance)
}

/// The words of a text, with the line of the last one.
struct Words<'a> {
    rest: &'a [u8],
    line: usize,
}

impl<'a> Words<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            rest: text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text),
            line: 1,
        }
    }

    fn next(&mut self) -> Option<&'a [u8]> {
        let start = self
            .rest
            .iter()
            .position(|byte| !byte.is_ascii_whitespace());
        let (space, word_on) = self.rest.split_at(start.unwrap_or(self.rest.len()));
        self.line += space.iter().filter(|byte| **byte == b'\n').count();
        let end = word_on.iter().position(u8::is_ascii_whitespace);
        let (word, rest) = word_on.split_at(end.unwrap_or(word_on.len()));
        self.rest = rest;
        (!word.is_empty()).then_some(word)
    }

    fn number(&mut self, expected: impl Fn() -> String) -> Result<u32, ReadError> {
        let word = self.next().ok_or_else(|| ReadError::Truncated {
            line: self.line,
            expected: expected(),
        })?;
        let number = std::str::from_utf8(word)
            .ok()
            .and_then(|word| word.parse().ok());
        number.ok_or_else(|| ReadError::NotANumber {
            line: self.line,
            expected: expected(),
            found: shortened(word),
        })
    }

    /// A requirement by its id, as an index.
    fn requirement(
        &mut self,
        requirements: usize,
        expected: impl Fn() -> String,
    ) -> Result<usize, ReadError> {
        let id = self.number(&expected)?;
        let index = usize::try_from(id)
            .ok()
            .and_then(|id| id.checked_sub(1))
            .filter(|index| *index < requirements);
        index.ok_or_else(|| ReadError::UnknownRequirement {
            line: self.line,
            expected: expected(),
            id,
            requirements,
        })
    }
}

fn shortened(word: &[u8]) -> String {
    const BYTES_MAX: usize = 24;
    String::from_utf8_lossy(&word[..word.len().min(BYTES_MAX)]).into_owned()
}
