//! The judgement of one metric of one release, hour by hour.

use super::look::{Because, CountedRatio, Look};
use super::null::{Null, Standing};
use super::outlook::Outlook;
use super::phase::Phase;
use super::rule::{Control, Rule};
use crate::findings::State;
use crate::stats::sequential::interval::{Hint, RatioHistory};
use crate::stats::sequential::process::{Alternative, Mixture, PEAKED, RatioProcess, UNIFORM};
use crate::stats::sequential::{Arm, Cell};

/// Evidence from which a release is worth a look.
const WATCH_E: f64 = 5.0;

/// Evidence that suffices for a look when the ratio by itself is above the least harm.
const WATCH_RATIO_E: f64 = 2.0;

/// A release from which nothing came for so many hours is silent.
const SILENT_HOURS: i64 = 24;

/// Logarithms beyond this are no more distinguished as e-values: those stay finite.
const LOG_E_SHOWN: f64 = 690.0;

/// The judgement of one metric of one release: feed it hours in order, look at any of them.
///
/// A look costs nothing in error: over all looks together, a release that is fine is flagged with
/// probability `alpha` at most. [`Watch::advance`] costs a few logarithms an hour and stratum;
/// [`Watch::look`] also finds the ends of the interval, which takes all hours so far.
#[derive(Debug, Clone)]
pub struct Watch {
    rule: Rule,
    null: Null,
    /// Against "at most what counts as harm".
    alarm: RatioProcess,
    /// Against "at most what the arms differ by anyway", where that is another null.
    doubt: Option<RatioProcess>,
    /// Against "at least `r1`".
    proof: RatioProcess,
    /// Against "at least as bad as the base".
    gain: RatioProcess,
    history: RatioHistory,
    hints: (Hint, Hint, Hint),
    outlook: Outlook,
    phase: Phase,
    is_proved: bool,
    is_improved: bool,
    state: State,
    because: Option<Because>,
    first_hour: Option<i64>,
    hour: i64,
    exposed_hour: Option<i64>,
    new: Arm,
    base: Arm,
}

impl Watch {
    /// Nothing seen yet. Of the rule, `r_min` counts as 1 at the least.
    #[must_use]
    pub fn new(rule: Rule, control: &Control) -> Self {
        let null = Null::of(control);
        let harm = null.high.max(rule.r_min);
        let above = |ratio| RatioProcess::new(ratio, Alternative::Above, Mixture::ALARM);
        let below = |ratio| RatioProcess::new(ratio, Alternative::Below, Mixture::PROOF);
        Self {
            alarm: above(harm),
            doubt: (harm > null.high).then(|| above(null.high)),
            proof: below(rule.r1 * null.low),
            gain: below(null.low),
            rule,
            null,
            history: RatioHistory::default(),
            hints: (Hint::default(), Hint::default(), Hint::default()),
            outlook: Outlook::default(),
            phase: Phase::Quiet,
            is_proved: false,
            is_improved: false,
            state: State::NoData,
            because: Some(Because::Silent),
            first_hour: None,
            hour: 0,
            exposed_hour: None,
            new: Arm::default(),
            base: Arm::default(),
        }
    }

    /// Takes in an hour, with a cell a stratum, and judges. Hours come in order; one without any
    /// exposure may be left out, and the judgement is then that of the next.
    pub fn advance(&mut self, hour: i64, cells: &[Cell]) -> State {
        self.take(hour, cells);
        self.judge(cells);
        (self.state, self.because) = self.word();
        self.state
    }

    /// The state after the last hour.
    #[must_use]
    pub fn state(&self) -> State {
        self.state
    }

    /// The first hour at which the evidence sufficed for an alarm.
    #[must_use]
    pub fn first_alarm_hour(&self) -> Option<i64> {
        self.phase.first_alarm_hour()
    }

    /// Natural logarithm of the evidence for harm: for judging many metrics together by
    /// [`crate::stats::many::e_bh`].
    #[must_use]
    pub fn log_e(&self) -> f64 {
        self.alarm.log_e()
    }

    /// The evidence for harm as a number that stays finite.
    #[must_use]
    pub fn e_value(&self) -> f64 {
        self.log_e().min(LOG_E_SHOWN).exp()
    }

    /// The last hour taken in.
    #[must_use]
    pub fn hour(&self) -> i64 {
        self.hour
    }

    /// The ratio as it was counted, and its confidence sequence at `1 − α`.
    pub fn counted(&mut self) -> CountedRatio {
        let (new_events, base_events) = self.history.events();
        let mut hints = (self.hints.0, self.hints.1);
        let interval = self.history.interval(self.rule.alpha, &UNIFORM, &mut hints);
        (self.hints.0, self.hints.1) = hints;
        CountedRatio {
            ratio: self.history.ratio(),
            low: (new_events + base_events > 0.0).then_some(interval.low),
            high: interval.high,
        }
    }

    /// The least rise by the release that would have been seen by now, but for `β`.
    pub fn hidden(&mut self) -> Option<f64> {
        let reject = (1.0 / self.rule.beta).ln();
        let hint = &mut self.hints.2;
        let bound = self
            .history
            .bound(Alternative::Below, reject, &PEAKED, hint)?;
        Some(bound / self.null.low)
    }

    /// Hours in which a rise to `ratio` is found on average, from its beginning, at the traffic of the
    /// last day. `None` without events, or where the ratio is no harm.
    #[must_use]
    pub fn hours_to_find(&self, ratio: f64) -> Option<f64> {
        let harm = self.alarm.null();
        let an_hour = self.outlook.log_e_an_hour(ratio, harm)?;
        (ratio > harm).then(|| (1.0 / self.rule.alpha).ln() / an_hour)
    }

    /// Further hours until health is proved, if the release is as good as its base, at the traffic of
    /// the last day. `None` without events; 0 once it is proved.
    #[must_use]
    pub fn hours_to_proof(&self) -> Option<f64> {
        if self.is_proved {
            return Some(0.0);
        }
        let an_hour = self.outlook.log_e_an_hour(1.0, self.proof.null())?;
        let lacking = (1.0 / self.rule.beta).ln() - self.proof.log_e();
        Some((lacking / an_hour).max(0.0))
    }

    /// All that the last hour's judgement rests on.
    pub fn look(&mut self) -> Look {
        let counted = self.counted();
        Look {
            hour: self.hour,
            state: self.state,
            because: self.because,
            e_value: self.e_value(),
            log_e: self.log_e(),
            null: self.alarm.null(),
            ratio: counted.ratio,
            low: counted.low,
            high: counted.high,
            first_alarm_hour: self.first_alarm_hour(),
            hidden: self.hidden(),
            new: self.new,
            base: self.base,
        }
    }

    fn take(&mut self, hour: i64, cells: &[Cell]) {
        self.hour = hour;
        self.first_hour.get_or_insert(hour);
        let mut is_exposed = false;
        for cell in cells {
            is_exposed |= cell.new.exposure > 0;
            self.new = self.new.plus(cell.new);
            self.base = self.base.plus(cell.base);
            self.history.add(cell);
        }
        self.outlook.advance(hour, cells);
        if is_exposed {
            self.exposed_hour = Some(hour);
        }
        self.alarm.advance(hour, cells);
        if let Some(doubt) = &mut self.doubt {
            doubt.advance(hour, cells);
        }
        // What is proved stays so: there is nothing more to ask.
        if !self.is_proved {
            self.proof.advance(hour, cells);
        }
        if !self.is_improved {
            self.gain.advance(hour, cells);
        }
    }

    fn judge(&mut self, cells: &[Cell]) {
        let is_comparable = matches!(
            self.null.standing,
            Standing::Concurrent | Standing::PastWeeks
        );
        if !is_comparable || self.lacking().is_some() {
            return;
        }
        let (alarm, proof) = ((1.0 / self.rule.alpha).ln(), (1.0 / self.rule.beta).ln());
        self.is_proved = self.is_proved || self.proof.reaches(proof);
        self.is_improved = self.is_improved || self.gain.reaches(proof);
        let harm = self.alarm.null();
        self.phase
            .advance(self.hour, cells, harm, (alarm, proof), &self.alarm);
    }

    /// What a judgement still needs, if anything.
    fn lacking(&self) -> Option<Because> {
        if self.new.exposure < self.rule.min_exposed {
            Some(Because::FewExposed)
        } else if self.new.events.saturating_add(self.base.events) < self.rule.min_events {
            Some(Because::FewEvents)
        } else {
            None
        }
    }

    fn word(&self) -> (State, Option<Because>) {
        match self.phase.state() {
            Some(State::Regressed) if self.null.standing == Standing::PastWeeks => {
                return (State::Suspected, None);
            }
            Some(state) => return (state, None),
            None => {}
        }
        let silent = self
            .exposed_hour
            .is_none_or(|last| self.hour.saturating_sub(last) >= SILENT_HOURS);
        if silent {
            return (State::NoData, Some(Because::Silent));
        }
        match self.null.standing {
            Standing::TooLittleHistory => {
                return (State::InsufficientData, Some(Because::LittleHistory));
            }
            Standing::SelectionTooLarge => {
                return (State::Inconclusive, Some(Because::Selection));
            }
            Standing::Concurrent | Standing::PastWeeks => {}
        }
        if let Some(lacking) = self.lacking() {
            return (State::InsufficientData, Some(lacking));
        }
        if self.is_doubtful() {
            (State::Watch, None)
        } else if self.is_improved {
            (State::Improved, None)
        } else if self.is_proved {
            (State::ProvedHealthy, None)
        } else if self.is_over() {
            (State::Inconclusive, Some(Because::WindowOver))
        } else {
            (State::Monitoring, None)
        }
    }

    /// Whether it looks worse, chance not excluded.
    fn is_doubtful(&self) -> bool {
        let evidence = self.doubt.as_ref().unwrap_or(&self.alarm);
        let is_above = self
            .history
            .ratio()
            .is_none_or(|ratio| ratio > self.alarm.null());
        evidence.reaches(WATCH_E.ln()) || (is_above && evidence.reaches(WATCH_RATIO_E.ln()))
    }

    fn is_over(&self) -> bool {
        let first = self.first_hour.unwrap_or(self.hour);
        let hours = self.hour.saturating_sub(first).saturating_add(1);
        self.rule
            .window_hours
            .is_some_and(|window| hours >= i64::from(window))
    }
}
