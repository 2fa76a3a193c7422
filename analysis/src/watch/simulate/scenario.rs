//! What is simulated: releases that are fine in ways that fool other rules, and releases that are not.

/// Whether the releases of a scenario are fine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Whatever is said against them is wrong.
    Good,
    /// They are worse, and it should be said soon.
    Bad,
}

impl Kind {
    /// The word used everywhere.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Bad => "bad",
        }
    }
}

/// How a release reaches its users.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Rollout {
    /// From 4 % to 79 % of the traffic within a week.
    Phased,
    /// Half of the traffic from the first hour.
    Half,
    /// All of the traffic from the first hour; eight weeks before, each at its own level: the standard
    /// deviation of its logarithm.
    BigBang { drift: f64 },
}

/// Which verdict a scenario counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    /// Regressed or suspected.
    Flag,
    /// Proved healthy, which it is.
    Proof,
    /// Proved healthy, which it is not: the only verdict that is wrong here.
    WrongProof,
}

/// One way in which releases go.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) counted: Counted,
    pub(super) rollout: Rollout,
    /// Mean sessions an hour, of both arms.
    pub(super) sessions: f64,
    /// Probability of the event in a session of the base, at the mean of the day.
    pub(super) rate: f64,
    /// What the release multiplies it by…
    pub(super) ratio: f64,
    /// … from this hour on.
    pub(super) onset: i64,
    /// What the rate of those on the new release is multiplied by for who they are; where it is not 1
    /// a week on the release before is given.
    pub(super) selection: f64,
    /// Sessions that crash for each user who crashes: more than 1 is a loop, and users are given.
    pub(super) loop_length: f64,
    /// Metrics that are judged together.
    pub(super) metrics: usize,
    /// Of these, how many the ratio holds for.
    pub(super) worse_metrics: usize,
}

impl Scenario {
    const fn new(name: &'static str, sessions: f64, rate: f64, ratio: f64) -> Self {
        Self {
            name,
            kind: if ratio > 1.0 { Kind::Bad } else { Kind::Good },
            counted: Counted::Flag,
            rollout: Rollout::Phased,
            sessions,
            rate,
            ratio,
            onset: 0,
            selection: 1.0,
            loop_length: 1.0,
            metrics: 1,
            worse_metrics: 1,
        }
    }

    const fn rolled_out(mut self, rollout: Rollout) -> Self {
        self.rollout = rollout;
        self
    }

    const fn beginning_at(mut self, onset: i64) -> Self {
        self.onset = onset;
        self
    }

    const fn selected(mut self, selection: f64) -> Self {
        self.selection = selection;
        self
    }

    const fn in_loops(mut self, loop_length: f64) -> Self {
        self.loop_length = loop_length;
        self
    }

    const fn of_metrics(mut self, metrics: usize, worse: usize) -> Self {
        self.metrics = metrics;
        self.worse_metrics = worse;
        self
    }

    const fn counting(mut self, counted: Counted) -> Self {
        self.counted = counted;
        // What may be wrong is held to a bound of error, whether the release is fine or not.
        self.kind = Kind::Good;
        self
    }
}

const DRIFT: Rollout = Rollout::BigBang { drift: 0.08 };

/// The protocol, in the order of the table.
pub(super) const SCENARIOS: [Scenario; 30] = [
    Scenario::new("phased 2000/h 0.5 %", 2000.0, 0.005, 1.0),
    Scenario::new("phased 2000/h 1 %", 2000.0, 0.01, 1.0),
    Scenario::new("phased 300/h 1 %", 300.0, 0.01, 1.0),
    Scenario::new("phased 20000/h 0.2 %", 20_000.0, 0.002, 1.0),
    Scenario::new("crash loops, users given", 2000.0, 0.01, 1.0).in_loops(2.5),
    Scenario::new("selection 1.15, week before given", 2000.0, 0.005, 1.0).selected(1.15),
    Scenario::new("big bang, drift 8 %", 2000.0, 0.005, 1.0).rolled_out(DRIFT),
    Scenario::new("big bang, drift 0 %", 2000.0, 0.005, 1.0)
        .rolled_out(Rollout::BigBang { drift: 0.0 }),
    Scenario::new("big bang, drift 15 %", 2000.0, 0.005, 1.0)
        .rolled_out(Rollout::BigBang { drift: 0.15 }),
    Scenario::new("12 metrics, e-BH", 2000.0, 0.005, 1.0).of_metrics(12, 0),
    Scenario::new(
        "proved healthy wrongly, truth 1.5, 2000/h 0.5 %",
        2000.0,
        0.005,
        1.5,
    )
    .counting(Counted::WrongProof),
    Scenario::new(
        "proved healthy wrongly, truth 1.5, 300/h 1 %",
        300.0,
        0.01,
        1.5,
    )
    .counting(Counted::WrongProof),
    Scenario::new("proved healthy, 2000/h 0.5 %", 2000.0, 0.005, 1.0).counting(Counted::Proof),
    Scenario::new("proved healthy, 20000/h 0.2 %", 20_000.0, 0.002, 1.0).counting(Counted::Proof),
    Scenario::new("2000/h 0.5 % to 0.6 %", 2000.0, 0.005, 1.2),
    Scenario::new("2000/h 0.5 % to 0.7 %", 2000.0, 0.005, 1.4),
    Scenario::new("2000/h 0.5 % to 1.0 %", 2000.0, 0.005, 2.0),
    Scenario::new("2000/h 1 % to 1.25 %", 2000.0, 0.01, 1.25),
    Scenario::new("2000/h 1 % to 2 %", 2000.0, 0.01, 2.0),
    Scenario::new("300/h 1 % to 1.5 %", 300.0, 0.01, 1.5),
    Scenario::new("300/h 1 % to 2 %", 300.0, 0.01, 2.0),
    Scenario::new("20000/h 0.2 % to 0.3 %", 20_000.0, 0.002, 1.5),
    Scenario::new("half at once, 0.5 % to 0.7 %", 2000.0, 0.005, 1.4).rolled_out(Rollout::Half),
    Scenario::new("late: 0.5 % to 0.7 % at hour 72", 2000.0, 0.005, 1.4).beginning_at(72),
    Scenario::new("late: 0.5 % to 1.0 % at hour 72", 2000.0, 0.005, 2.0).beginning_at(72),
    Scenario::new("crash loops, users given, x2", 2000.0, 0.01, 2.0).in_loops(2.5),
    Scenario::new("selection 1.15, x1.4", 2000.0, 0.005, 1.4).selected(1.15),
    Scenario::new("selection 1.15, x2", 2000.0, 0.005, 2.0).selected(1.15),
    Scenario::new("big bang, drift 8 %, x2", 2000.0, 0.005, 2.0).rolled_out(DRIFT),
    Scenario::new("12 metrics, two of them x1.5, e-BH", 2000.0, 0.005, 1.5).of_metrics(12, 2),
];

/// How many scenarios a run goes through.
#[must_use]
pub fn scenario_count() -> usize {
    SCENARIOS.len()
}
