//! Who is who: ids of one person count as one.
//!
//! An event of kind `identify` that names a user and an anonymous id (or, as an alias, the id before)
//! says that both are one person's, from then on and back to that id's first event. Rollups keep ids
//! as they were sent; whoever counts people asks here, so that a tie makes no rollup anew.
//!
//! - The first tie of an id decides: a device on which somebody else signs in later stays with the
//!   first, whose events it told before. The later user's own events are of the later user.
//! - Ties are followed to their end: `a` of `b` and `b` of `c` make all three `c`. A tie that would
//!   lead in a circle is left out.
//! - Texts that programs write for want of an id (`null`, `undefined`, zeros) tie nobody.
//! - Of ties told at one instant the first by their texts comes first.
//!
//! So there are never more people than ids, and an id is of one person.

use std::borrow::Cow;
use std::collections::BTreeSet;

use lake::Micros;

use super::names::{NONE, Names};

/// Texts that stand for no id, in small letters.
const NOBODY: [&str; 17] = [
    "",
    "0",
    "[object object]",
    "anonymous",
    "anonymous_id",
    "distinct_id",
    "email",
    "false",
    "guest",
    "id",
    "nan",
    "nil",
    "none",
    "not_authenticated",
    "null",
    "true",
    "undefined",
];

/// A tie between ids, and when it was told first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tie<'t> {
    pub(super) first_at: Micros,
    pub(super) anonymous: &'t str,
    pub(super) user: &'t str,
}

/// The ids that are of somebody who has another id, too.
#[derive(Debug, Clone, Default)]
pub(crate) struct Persons {
    names: Names,
    /// By the number of an id that of the person; [`NONE`] where it stands for itself.
    person: Vec<u32>,
}

impl Persons {
    pub(super) fn of(mut ties: Vec<Tie<'_>>) -> Self {
        ties.sort_unstable_by_key(|tie| (tie.first_at, tie.anonymous, tie.user));
        let mut persons = Self::default();
        for tie in ties {
            if is_nobody(tie.anonymous) || is_nobody(tie.user) {
                continue;
            }
            let [from, to] = [tie.anonymous, tie.user].map(|id| persons.names.number(id));
            persons.person.resize(persons.names.len() + 1, NONE);
            if persons.next(from) == NONE && end(&mut persons.person, to) != from {
                persons.person[from as usize] = to;
            }
        }
        for id in (0..).take(persons.person.len()) {
            persons.person[id as usize] = end(&mut persons.person, id);
        }
        persons
    }

    fn next(&self, id: u32) -> u32 {
        self.person.get(id as usize).copied().unwrap_or(NONE)
    }

    /// Whether every id stands for itself.
    pub(crate) fn is_empty(&self) -> bool {
        self.person.is_empty()
    }

    /// The id by which the person with this id is counted.
    pub(crate) fn person<'i>(&'i self, id: &'i str) -> &'i str {
        self.another(id).unwrap_or(id)
    }

    /// The same where it is another.
    fn another(&self, id: &str) -> Option<&str> {
        let known = self.names.find(id)?;
        let person = self.next(known);
        self.names.text(person).filter(|_| person != known)
    }

    /// Each id of somebody who has another, and the id of the person; the person's own is not among
    /// them.
    pub(crate) fn ties(&self) -> impl Iterator<Item = (&str, &str)> {
        let ids = (0..).zip(&self.person);
        ids.filter(|(id, person)| id != *person)
            .filter_map(|(id, person)| Some((self.names.text(id)?, self.names.text(*person)?)))
    }
}

/// Where the ties of an id end. Ways are made shorter as they are gone, so that a long chain of ties
/// costs little more than its length.
fn end(next: &mut [u32], mut id: u32) -> u32 {
    let after = |next: &[u32], id: u32| {
        let after = next.get(id as usize).copied().unwrap_or(NONE);
        (after != NONE && after != id).then_some(after)
    };
    while let Some(one) = after(next, id) {
        let Some(two) = after(next, one) else {
            return one;
        };
        next[id as usize] = two;
        id = two;
    }
    id
}

fn is_nobody(id: &str) -> bool {
    let id = id.trim();
    let small: Cow<'_, str> = if id.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Owned(id.to_ascii_lowercase())
    } else {
        Cow::Borrowed(id)
    };
    NOBODY.contains(&small.as_ref()) || small.bytes().all(|byte| byte == b'0' || byte == b'-')
}

/// The numbers of people in place of those of ids, as they are read; and who of them is asked for.
#[derive(Debug)]
pub(super) struct Counted<'p> {
    persons: &'p Persons,
    members: Option<&'p BTreeSet<String>>,
    /// By the number of a person, once it was looked up.
    is_member: Vec<Option<bool>>,
    /// By the number of an id, once it was looked up.
    known: Vec<Option<u32>>,
}

impl<'p> Counted<'p> {
    /// Those among `members` are asked for; everybody where there are none given.
    pub(super) fn by(persons: &'p Persons, members: Option<&'p BTreeSet<String>>) -> Self {
        Self {
            persons,
            members,
            is_member: Vec::new(),
            known: Vec::new(),
        }
    }

    /// Takes out of `is_asked` the rows of those who are not asked for.
    pub(super) fn choose(&mut self, persons: &[u32], names: &Names, is_asked: &mut [bool]) {
        let Some(members) = self.members else { return };
        self.is_member.resize(names.len() + 1, None);
        for (person, is_asked) in persons.iter().zip(is_asked) {
            let known = self.is_member.get_mut(*person as usize);
            let is_member = known.is_some_and(|known| {
                let look = || {
                    names
                        .text(*person)
                        .is_some_and(|text| members.contains(text))
                };
                *known.get_or_insert_with(look)
            });
            *is_asked &= is_member;
        }
    }

    /// Puts people in the place of ids.
    pub(super) fn replace(&mut self, ids: &mut [u32], names: &mut Names) {
        if self.persons.is_empty() {
            return;
        }
        self.known.resize(names.len() + 1, None);
        for id in ids.iter_mut().filter(|id| **id != NONE) {
            let place = *id as usize;
            let known = self.known.get(place).copied().flatten();
            let person = known.unwrap_or_else(|| {
                let other = names.text(*id).and_then(|text| self.persons.another(text));
                other.map_or(*id, |person| names.number(person))
            });
            if let Some(known) = self.known.get_mut(place) {
                *known = Some(person);
            }
            *id = person;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn persons(ties: &[(Micros, &str, &str)]) -> Persons {
        let ties = ties.iter().map(|(first_at, anonymous, user)| Tie {
            first_at: *first_at,
            anonymous,
            user,
        });
        Persons::of(ties.collect())
    }

    fn check(ties: &[(Micros, &str, &str)], expected: &[(&str, &str)]) {
        let persons = persons(ties);
        for (id, person) in expected {
            assert_eq!(persons.person(id), *person, "{id} of {ties:?}");
        }
    }

    #[test]
    fn the_first_tie_of_an_id_decides() {
        let both = [(2, "phone", "bob"), (1, "phone", "ann")];
        check(&both, &[("phone", "ann"), ("bob", "bob"), ("new", "new")]);
        let at_once = [(1, "phone", "bob"), (1, "phone", "ann")];
        check(&at_once, &[("phone", "ann")]);
        assert_eq!(
            persons(&both).ties().collect::<Vec<_>>(),
            [("phone", "ann")]
        );
        assert!(persons(&[]).is_empty());
    }

    #[test]
    fn ties_are_followed_to_their_end() {
        let chain = [(3, "a", "b"), (1, "b", "c"), (2, "c", "d")];
        check(&chain, &[("a", "d"), ("b", "d"), ("c", "d"), ("d", "d")]);
    }

    /// Somebody who ties ids in one long chain costs no more than the chain.
    #[test]
    fn a_chain_of_many_ties_is_followed_at_once() {
        const LENGTH: usize = 200_000;
        let ids: Vec<String> = (0..=LENGTH).map(|n| format!("u{n}")).collect();
        for backwards in [false, true] {
            let ties = ids.windows(2).zip(0..).map(|(pair, at)| Tie {
                first_at: if backwards { -at } else { at },
                anonymous: &pair[0],
                user: &pair[1],
            });
            let persons = Persons::of(ties.collect());
            assert_eq!(persons.person("u0"), ids[LENGTH]);
            assert_eq!(persons.person("u77"), ids[LENGTH]);
            assert_eq!(persons.ties().count(), LENGTH);
        }
    }

    #[test]
    fn a_tie_that_would_close_a_circle_is_left_out() {
        check(&[(1, "a", "a")], &[("a", "a")]);
        let circle = [(1, "a", "b"), (2, "b", "c"), (3, "c", "a")];
        check(&circle, &[("a", "c"), ("b", "c"), ("c", "c")]);
    }

    #[test]
    fn what_stands_for_no_id_ties_nobody() {
        for nobody in [
            "null",
            "Undefined",
            " ",
            "0",
            "00000000-0000-0000-0000-000000000000",
        ] {
            check(
                &[
                    (1, "phone", nobody),
                    (2, nobody, "ann"),
                    (3, "phone", "ann"),
                ],
                &[("phone", "ann"), (nobody, nobody)],
            );
        }
    }

    #[test]
    fn ids_are_replaced_as_they_are_read() {
        let persons = persons(&[(1, "phone", "ann"), (1, "tablet", "ann")]);
        let mut names = Names::default();
        let mut counted = Counted::by(&persons, None);
        let ids = ["bob", "phone", "ann", "tablet"];
        let mut numbers = ids.map(|id| names.number(id));
        counted.replace(&mut numbers, &mut names);
        assert_eq!(numbers, [1, 3, 3, 3]);
        let mut more = [names.number("eve"), names.number("tablet"), NONE];
        counted.replace(&mut more, &mut names);
        assert_eq!(more, [5, 3, NONE]);
    }
}
