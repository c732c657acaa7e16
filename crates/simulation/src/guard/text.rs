//! The guard's worth as a table, as figures of a bench and as a picture.

use std::fmt::Write as _;

use plotters::prelude::SeriesLabelPosition;

use super::{AGENTS, Case, Play, Row, Rule};
use crate::plot::{Axis, Chart, Line, Picture, draw};
use crate::theory::Figure;

impl Case {
    /// As words of a figure's load.
    const fn load(self) -> &'static str {
        match self {
            Self::Auto => "case=auto",
            Self::LogNormal => "case=manual pick_up=log_normal",
            Self::Exponential => "case=manual pick_up=exponential",
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Auto => "自动接听",
            Self::LogNormal => "手动（对数正态）",
            Self::Exponential => "手动（指数）",
        }
    }
}

impl Play {
    const fn name(self) -> &'static str {
        match self {
            Self::Guard => "15 秒守护",
            Self::NobodyFails => "无守护，人人接听",
            Self::Naive => "无守护，振铃 20 秒",
            Self::Without(Rule::AutoAnswerLimit) => "守护去掉自动接听时限",
            Self::Without(Rule::RingOn) => "守护去掉超时续振",
            Self::Without(Rule::SeveralAtOnce) => "守护去掉多人同振",
            Self::Without(Rule::SecondAgent) => "守护去掉 8 秒第二人",
        }
    }
}

/// Loss and price of each row; beside the guard's loss that of the ring without guard.
#[must_use]
pub fn figures(rows: &[Row]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for row in rows.iter().filter(|row| row.play == Play::Guard) {
        let beside = |play| rows.iter().find(|other| is_beside(row, other, play));
        let naive = beside(Play::Naive).map(|other| other.loss);
        let loss = Figure {
            half_band: Some(row.half_band),
            ..figure(row, "guard_loss_points", row.loss, "points")
        };
        figures.push(Figure { peer: naive.map(|_| "20 s ring"), peer_value: naive, ..loss });
        if let Some(whole) = beside(Play::NobodyFails) {
            figures.push(figure(row, "guard_nobody_fails_loss_points", whole.loss, "points"));
        }
        figures.push(figure(row, "guard_double_ring", row.double_ring_s, "s/call"));
        figures.push(figure(row, "guard_offers", row.offers_per_call, "offers/call"));
        figures.push(figure(
            row,
            "guard_honest_not_ready",
            row.not_ready_per_1000,
            "agents/1000 calls",
        ));
    }
    for row in rows {
        let Play::Without(rule) = row.play else { continue };
        let with = |other: &&Row| is_beside(row, other, Play::Guard);
        let Some(guard) = rows.iter().find(with) else { continue };
        let mut wins = figure(row, "guard_rule_wins_points", row.loss - guard.loss, "points");
        wins.load.push_str(match rule {
            Rule::AutoAnswerLimit => " rule=auto_answer_limit",
            Rule::RingOn => " rule=ring_on",
            Rule::SeveralAtOnce => " rule=several_at_once",
            Rule::SecondAgent => " rule=second_agent",
        });
        figures.push(wins);
    }
    figures
}

fn is_beside(row: &Row, other: &Row, play: Play) -> bool {
    other.play == play
        && (other.case, other.agents, other.calls) == (row.case, row.agents, row.calls)
}

fn figure(row: &Row, name: &'static str, value: f64, unit: &'static str) -> Figure {
    let load = format!("{} agents={} calls={}", row.case.load(), row.agents, row.calls);
    Figure { name, value, unit, load, peer: None, peer_value: None, half_band: None }
}

/// The table as Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| 接听方式 | 话务员 | 规则 | 来电数 | 15 秒接通率损失（点） | 同振秒/次 | 派振/次 | 误置忙/千次 |\n\
         | --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for row in rows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.2} ± {:.2} | {:.2} | {:.2} | {:.1} |",
            row.case.name(),
            row.agents,
            row.play.name(),
            row.calls,
            row.loss,
            row.half_band,
            row.double_ring_s,
            row.offers_per_call,
            row.not_ready_per_1000,
        );
    }
    text
}

/// The loss of each case with each staff: the guard, the same pick-up where nobody fails, the 20 s ring.
#[must_use]
pub fn picture(rows: &[Row]) -> Option<Picture> {
    let places: Vec<(Case, u32)> =
        Case::ALL.into_iter().flat_map(|case| AGENTS.map(|agents| (case, agents))).collect();
    let line = |colour: usize, play: Play| {
        let found = places.iter().zip(0_i32..).filter_map(|((case, agents), place)| {
            let wanted = |row: &&Row| (row.case, row.agents, row.play) == (*case, *agents, play);
            rows.iter().find(wanted).map(|row| ((f64::from(place), row.loss), row.half_band))
        });
        let (points, bars): (Vec<_>, Vec<_>) = found.unzip();
        Line { bars: Some(bars), ..Line::new(play.name(), colour, points) }
    };
    let mark = |place: f64| {
        let is_here = |(number, _): &(i32, _)| (place - f64::from(*number)).abs() < 0.01;
        let found = (0_i32..).zip(&places).find(is_here);
        found.map_or_else(String::new, |(_, (case, agents))| format!("{} {agents}", case.name()))
    };
    let lines = [Play::Guard, Play::NobodyFails, Play::Naive].into_iter().zip(0..);
    let lines: Vec<Line> = lines.map(|(play, colour)| line(colour, play)).collect();
    let most = rows.iter().map(|row| row.loss).fold(1.0, f64::max);
    let chart = Chart {
        caption: "15 秒接通率的损失（百分点，95 % 带），与即刻接听相比",
        x: Axis { name: "", range: -0.5..5.5, mark: &mark },
        y: Axis { name: "", range: 0.0..most * 1.1, mark: &|loss| format!("{loss:.1}") },
        lines,
        legend: SeriesLabelPosition::UpperLeft,
    };
    draw(&chart).ok().map(|svg| Picture { name: "guard", svg })
}
