//! A report in parts: by day, half-hour, skill, dialled number, agent, dial test.

use std::collections::HashMap;

use figures::{AgentFigures, Counts, Reading, Report, Traffic};
use serde::Serialize;
use types::{AgentId, Timestamp};
use utoipa::ToSchema;

use super::question::{Question, Slice};
use super::view::{CountsView, FloorView, Share, SpreadView};
use crate::service::{Context, ServiceError};
use crate::store;

/// One part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FigureRow {
    pub from: Timestamp,
    pub until: Timestamp,
    /// Skill, number, agent's id or batch; empty for parts of time and for calls that ask for no skill.
    pub key: String,
    /// What people read instead of an id.
    pub name: Option<String>,
    /// By the reading asked for; K4 of a dial test.
    pub reading: Share,
    /// Of a day: without the calls of approved exclusions.
    pub reading_marked: Option<Share>,
    /// Null for a dial test.
    pub counts: Option<CountsView>,
    pub wait: Option<SpreadView>,
    pub talk: Option<SpreadView>,
    /// Of half-hours and agents.
    pub floor: Option<FloorView>,
    pub agent: Option<AgentRow>,
}

/// What is said of agents alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct AgentRow {
    /// From ring to her answer (R25a: 95 % in 3 s).
    pub pick_up: SpreadView,
    pub offers: OffersView,
}

/// How often her phone rang for a caller, and how it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct OffersView {
    pub made: u64,
    pub lapsed: u64,
    pub refused: u64,
    pub failed: u64,
    pub withdrawn: u64,
}

/// Names of people by their ids.
pub(super) type Names = HashMap<AgentId, String>;

/// Everyone's name, also of those who have left: their figures stay.
pub(super) async fn names(ctx: &Context) -> Result<Names, ServiceError> {
    let mut tx = ctx.db.read().await?;
    let users = store::user::list(&mut tx, &ctx.centre).await?;
    Ok(users.into_iter().map(|user| (user.id.into(), user.display_name)).collect())
}

/// The parts of `report` that the question asks for.
pub(super) fn rows(report: &Report, question: &Question, names: &Names) -> Vec<FigureRow> {
    let cut = Cut { report, reading: question.reading };
    match question.slice {
        Slice::Total => Vec::new(),
        Slice::Day => cut.days(),
        Slice::HalfHour => cut.half_hours(),
        Slice::Skill => cut.skills(),
        Slice::Number => cut.numbers(),
        Slice::Agent => report.agents.iter().map(|agent| cut.agent(agent, names)).collect(),
        Slice::DialTest => cut.dial_tests(),
    }
}

struct Cut<'a> {
    report: &'a Report,
    reading: Reading,
}

impl Cut<'_> {
    fn share(&self, counts: Counts) -> Share {
        Share::of(self.reading.rate(counts))
    }

    fn row(&self, key: String, reading: Share) -> FigureRow {
        FigureRow {
            from: self.report.period.from(),
            until: self.report.period.until(),
            key,
            name: None,
            reading,
            reading_marked: None,
            counts: None,
            wait: None,
            talk: None,
            floor: None,
            agent: None,
        }
    }

    fn traffic(&self, key: String, traffic: &Traffic) -> FigureRow {
        FigureRow {
            counts: Some(CountsView::of(traffic.counts)),
            wait: Some(SpreadView::of(traffic.waits)),
            talk: Some(SpreadView::of(traffic.talks)),
            ..self.row(key, self.share(traffic.counts))
        }
    }

    fn days(&self) -> Vec<FigureRow> {
        let row = |day: &figures::DayFigures| FigureRow {
            from: day.period.from(),
            until: day.period.until(),
            reading_marked: day.traffic.marked().map(|(traffic, _)| self.share(traffic.counts)),
            ..self.traffic(String::new(), day.traffic.raw())
        };
        self.report.days.iter().map(row).collect()
    }

    fn half_hours(&self) -> Vec<FigureRow> {
        let row = |part: &figures::HalfHourFigures| FigureRow {
            from: part.period.from(),
            until: part.period.until(),
            floor: Some(FloorView::of(&part.floor)),
            ..self.traffic(String::new(), &part.traffic)
        };
        self.report.half_hours.iter().map(row).collect()
    }

    fn skills(&self) -> Vec<FigureRow> {
        let row = |part: &figures::SkillFigures| {
            let key = part.skill.as_ref().map(ToString::to_string).unwrap_or_default();
            self.traffic(key, &part.traffic)
        };
        self.report.skills.iter().map(row).collect()
    }

    fn numbers(&self) -> Vec<FigureRow> {
        let row = |part: &figures::NumberFigures| self.traffic(part.dialled.clone(), &part.traffic);
        self.report.numbers.iter().map(row).collect()
    }

    fn agent(&self, agent: &AgentFigures, names: &Names) -> FigureRow {
        let offers = agent.offers;
        FigureRow {
            name: names.get(&agent.agent).cloned(),
            counts: Some(CountsView::of(agent.counts)),
            wait: Some(SpreadView::of(agent.waits)),
            talk: Some(SpreadView::of(agent.talks)),
            floor: Some(FloorView::of(&agent.time)),
            agent: Some(AgentRow {
                pick_up: SpreadView::of(agent.pick_ups),
                offers: OffersView {
                    made: offers.made,
                    lapsed: offers.lapsed,
                    refused: offers.refused,
                    failed: offers.failed,
                    withdrawn: offers.withdrawn,
                },
            }),
            ..self.row(agent.agent.to_string(), self.share(agent.counts))
        }
    }

    fn dial_tests(&self) -> Vec<FigureRow> {
        let row = |test: &figures::DialTest| self.row(test.batch.clone(), Share::of(test.rate()));
        self.report.dial_tests.iter().map(row).collect()
    }
}
