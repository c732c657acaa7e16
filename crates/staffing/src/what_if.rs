//! What a change to the day would bring: the expected rates of its half-hours before and after.
//!
//! Each half-hour is a pool in balance (Erlang A); what one leaves in the queue of the next is not carried over, which
//! is why an overload of many half-hours looks better here than it will be at its end.

use crate::day::{Handling, load_of};
use crate::erlang_a::ErlangA;
use crate::half_hour::{DayCurve, HALF_HOUR_MIN, HalfHour, HalfHours};
use crate::load::LoadError;

/// A half-hour as planned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Planned {
    /// Expected calls of the half-hour.
    pub calls: f64,
    pub handling: Handling,
    /// Agents on the line: ready or with a call.
    pub agents: u32,
}

/// A lever that a supervisor may pull.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Change {
    /// Agents work in other half-hours than planned, the same number of half-hours each or not.
    MoveAgents { agents: u32, from: HalfHours, to: HalfHours },
    /// 后备座席 take calls.
    OpenReserve { agents: u32, during: HalfHours },
    /// Wrap-up is cut to at most so many seconds.
    ShortenWrapUp { to_s: f64, during: HalfHours },
}

/// Why a change cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Impossible {
    #[error("at {at} only {there} agents are planned, not {moved}; move fewer")]
    TooFewAgents { at: HalfHour, there: u32, moved: u32 },
    #[error(transparent)]
    Load(#[from] LoadError),
}

/// Expected rates of a half-hour, or of several together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Expected {
    pub calls: f64,
    /// K2b: calls answered within the limit.
    pub in_time: f64,
    /// K1: calls answered.
    pub answered: f64,
    /// Agent-hours on calls and in wrap-up.
    pub busy_h: f64,
    /// Agent-hours on the line.
    pub staffed_h: f64,
}

impl Expected {
    /// K2b, share of all calls; `None` without calls.
    #[must_use]
    pub fn in_time_share(&self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.in_time / self.calls)
    }

    /// K1, share of all calls; `None` without calls.
    #[must_use]
    pub fn connection_rate(&self) -> Option<f64> {
        (self.calls > 0.0).then(|| self.answered / self.calls)
    }

    /// Share of the agents' time that is spent on calls; `None` without agents.
    #[must_use]
    pub fn occupancy(&self) -> Option<f64> {
        (self.staffed_h > 0.0).then(|| self.busy_h / self.staffed_h)
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.in_time += other.in_time;
        self.answered += other.answered;
        self.busy_h += other.busy_h;
        self.staffed_h += other.staffed_h;
    }
}

/// The expected rates of the rest of a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// From the half-hour asked for to the last of the day.
    pub half_hours: Vec<(HalfHour, Expected)>,
    pub together: Expected,
    /// States of all pools that were weighed: what the answer cost.
    pub states: usize,
}

/// The rest of the day as planned and as changed.
#[derive(Debug, Clone, PartialEq)]
pub struct WhatIf {
    pub before: Outlook,
    pub after: Outlook,
}

/// A day's plan with what its callers bear.
#[derive(Debug, Clone, PartialEq)]
pub struct DayPlan {
    pub half_hours: DayCurve<Planned>,
    /// Mean patience of callers, in seconds.
    pub patience_s: f64,
    /// K2b's limit, in seconds.
    pub limit_s: f64,
}

impl DayPlan {
    /// The expected rates from a half-hour to the end of the day.
    ///
    /// # Errors
    /// [`LoadError`] for figures that cannot be computed with.
    pub fn outlook(&self, from: HalfHour) -> Result<Outlook, LoadError> {
        let mut outlook =
            Outlook { half_hours: Vec::new(), together: Expected::default(), states: 0 };
        for half_hour in from.and_after() {
            let (expected, states) = self.expected(*self.half_hours.get(half_hour))?;
            outlook.together.add(expected);
            outlook.states += states;
            outlook.half_hours.push((half_hour, expected));
        }
        Ok(outlook)
    }

    /// The rest of the day before and after the changes, which are made in their order.
    ///
    /// # Errors
    /// [`Impossible`].
    pub fn what_if(&self, changes: &[Change], from: HalfHour) -> Result<WhatIf, Impossible> {
        let mut changed = self.clone();
        for change in changes {
            changed.apply(*change)?;
        }
        Ok(WhatIf { before: self.outlook(from)?, after: changed.outlook(from)? })
    }

    /// Makes a change.
    ///
    /// # Errors
    /// [`Impossible::TooFewAgents`]; the plan is then as it was.
    pub fn apply(&mut self, change: Change) -> Result<(), Impossible> {
        match change {
            Change::MoveAgents { agents, from, to } => {
                for at in from.iter() {
                    let there = self.half_hours.get(at).agents;
                    if there < agents {
                        return Err(Impossible::TooFewAgents { at, there, moved: agents });
                    }
                }
                from.iter().for_each(|at| self.half_hours.get_mut(at).agents -= agents);
                self.staff(agents, to);
            }
            Change::OpenReserve { agents, during } => self.staff(agents, during),
            Change::ShortenWrapUp { to_s, during } => {
                for at in during.iter() {
                    let handling = &mut self.half_hours.get_mut(at).handling;
                    handling.wrap_up_s = handling.wrap_up_s.min(to_s.max(0.0));
                }
            }
        }
        Ok(())
    }

    fn staff(&mut self, agents: u32, during: HalfHours) {
        for at in during.iter() {
            let there = &mut self.half_hours.get_mut(at).agents;
            *there = there.saturating_add(agents);
        }
    }

    /// The rates of a half-hour and the states weighed for them.
    fn expected(&self, planned: Planned) -> Result<(Expected, usize), LoadError> {
        let staffed_h = f64::from(planned.agents) * f64::from(HALF_HOUR_MIN) / 60.0;
        let Some(load) = load_of(planned.calls, planned.handling)? else {
            return Ok((Expected { staffed_h, ..Expected::default() }, 0));
        };
        let pool = ErlangA::of(load, planned.agents, self.patience_s)?;
        let expected = Expected {
            calls: planned.calls,
            in_time: planned.calls * pool.answered_within(self.limit_s),
            answered: planned.calls * pool.answered_share(),
            busy_h: staffed_h * pool.occupancy(),
            staffed_h,
        };
        Ok((expected, pool.states()))
    }
}
