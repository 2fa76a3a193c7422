//! How far one user came.
//!
//! Each first step in the window begins a try. A try takes for each next step the earliest event that
//! is not before the step before and not a step of the try already: no other choice leaves more to
//! come. Events of one instant count in the order of the steps. Of all tries the one that came
//! furthest counts, of equals the first.

use lake::Micros;

use super::events::Event;

/// When tries may begin, and until when events are known.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) from: Micros,
    /// The first instant after the window.
    pub(super) to: Micros,
    /// The first instant that is not known.
    pub(super) known_until: Micros,
}

/// How far a user came, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Walk<'a> {
    /// The instants of the steps that were reached.
    pub(super) at: &'a [Micros],
    /// Whether there are steps left, and time for them.
    pub(super) is_open: bool,
}

/// Goes the way of one user after the other.
#[derive(Debug)]
pub(super) struct Walker {
    window: Window,
    within: Micros,
    /// The names of the steps, each once.
    names: Vec<u32>,
    /// By step the place of its name.
    steps: Vec<usize>,
    /// By name the instants of a user's events, in order.
    instants: Vec<Vec<Micros>>,
    /// Places among the instants of the first step's name where a try may begin.
    starts: Vec<usize>,
    /// By name the first event that the try under way has not passed.
    next: Vec<usize>,
    under_way: Vec<Micros>,
    furthest: Vec<Micros>,
}

impl Walker {
    /// For steps by the numbers of their names.
    pub(super) fn new(steps: &[u32], within: Micros, window: Window) -> Self {
        let mut names: Vec<u32> = Vec::new();
        let mut places = Vec::new();
        for step in steps {
            let known = names.iter().position(|name| name == step);
            places.push(known.unwrap_or(names.len()));
            if known.is_none() {
                names.push(*step);
            }
        }
        Self {
            window,
            within,
            instants: vec![Vec::new(); names.len()],
            next: vec![0; names.len()],
            names,
            steps: places,
            starts: Vec::new(),
            under_way: Vec::new(),
            furthest: Vec::new(),
        }
    }

    /// How far a user with these events, in order, came; `None` of one who did not begin.
    pub(super) fn walk(&mut self, events: &[Event]) -> Option<Walk<'_>> {
        self.read(events);
        self.furthest.clear();
        for start in 0..self.starts.len() {
            self.try_from(start);
            if self.under_way.len() > self.furthest.len() {
                std::mem::swap(&mut self.under_way, &mut self.furthest);
            }
            if self.furthest.len() == self.steps.len() {
                break;
            }
        }
        let begun = self.furthest.first()?;
        let ends = begun.saturating_add(self.within);
        Some(Walk {
            at: &self.furthest,
            is_open: self.furthest.len() < self.steps.len() && ends >= self.window.known_until,
        })
    }

    fn read(&mut self, events: &[Event]) {
        self.instants.iter_mut().for_each(Vec::clear);
        self.starts.clear();
        for event in events {
            let name = self.names.iter().position(|name| *name == event.name);
            let Some((name, instants)) =
                name.and_then(|name| Some((name, self.instants.get_mut(name)?)))
            else {
                continue;
            };
            // The first step's name is the first of all.
            let in_window = self.window.from <= event.at && event.at < self.window.to;
            if name == 0 && in_window && !event.is_outside {
                self.starts.push(instants.len());
            }
            instants.push(event.at);
        }
    }

    fn try_from(&mut self, start: usize) {
        self.under_way.clear();
        self.next.fill(0);
        let begins = self.starts.get(start).copied();
        let first = self.instants.first().zip(begins);
        let Some((place, begun)) = first.and_then(|(instants, place)| {
            let begun = instants.get(place)?;
            Some((place, *begun))
        }) else {
            return;
        };
        if let Some(next) = self.next.first_mut() {
            *next = place + 1;
        }
        self.under_way.push(begun);
        let (mut at, ends) = (begun, begun.saturating_add(self.within));
        for name in self.steps.iter().skip(1) {
            let (Some(instants), Some(next)) = (self.instants.get(*name), self.next.get_mut(*name))
            else {
                return;
            };
            let place = instants.partition_point(|instant| *instant < at).max(*next);
            let Some(instant) = instants.get(place).filter(|instant| **instant <= ends) else {
                return;
            };
            at = *instant;
            *next = place + 1;
            self.under_way.push(at);
        }
    }
}
