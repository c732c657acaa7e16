//! The comparison as a table, as lines of JSON and as a picture.

use std::fmt::Write as _;

use plotters::prelude::SeriesLabelPosition;
use serde::Serialize;

use super::{Compared, Row, inside};
use crate::plot::{Axis, Chart, Line, Picture, draw};

/// One figure, as `make bench` writes them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub value: f64,
    pub unit: &'static str,
    /// Words `key=value`.
    pub load: String,
    pub peer: Option<&'static str>,
    pub peer_value: Option<f64>,
    /// Half the 99.9 % band, in the figure's unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_band: Option<f64>,
}

/// How many of the points are inside, and both shares of each.
#[must_use]
pub fn figures(rows: &[Row]) -> Vec<Figure> {
    let calls: u64 = rows.iter().map(|row| row.calls).sum();
    let mut figures = vec![Figure {
        name: "erlang_a_points_inside",
        value: inside(rows) as f64,
        unit: "points",
        load: format!("points={} calls={calls}", rows.len()),
        peer: None,
        peer_value: None,
        half_band: None,
    }];
    for row in rows {
        figures.push(figure("erlang_a_answered", row, &row.answered));
        figures.push(figure("erlang_a_answered_within_15s", row, &row.in_time));
    }
    figures
}

fn figure(name: &'static str, row: &Row, share: &Compared) -> Figure {
    let point = &row.point;
    let (place, per_hour, agents) = (point.place, point.per_hour, point.agents);
    Figure {
        name,
        value: share.simulated * 100.0,
        unit: "%",
        load: format!(
            "load={} place={place} calls_per_hour={per_hour} agents={agents} calls={}",
            point.load, row.calls
        ),
        peer: Some("Erlang A"),
        peer_value: Some(share.expected * 100.0),
        half_band: Some(share.half_band * 100.0),
    }
}

/// The table as Markdown: shares in percent with half the band, and what the theory says.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| 规模 | 来电/小时 | 话务员 | 负荷 | 来电数 | 接通率 % | Erlang A | 15 秒接通率 % | Erlang A | 在带内 |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | :---: |\n",
    );
    for row in rows {
        let point = &row.point;
        let _ = writeln!(
            text,
            "| {} | {} | {} | {:.2} | {} | {} | {:.3} | {} | {:.3} | {} |",
            point.place,
            point.per_hour,
            point.agents,
            point.load,
            row.calls,
            with_band(&row.answered),
            row.answered.expected * 100.0,
            with_band(&row.in_time),
            row.in_time.expected * 100.0,
            if row.is_inside() { "是" } else { "否" },
        );
    }
    text
}

fn with_band(share: &Compared) -> String {
    format!("{:.3} ± {:.3}", share.simulated * 100.0, share.half_band * 100.0)
}

/// Shares answered within 15 s over the load: the theory as lines, what was simulated as dots with their bands.
#[must_use]
pub fn picture(rows: &[Row]) -> Option<Picture> {
    let mut places: Vec<&'static str> = rows.iter().map(|row| row.point.place).collect();
    places.dedup();
    let mut lines = Vec::new();
    for (colour, place) in places.into_iter().enumerate() {
        let of_place = || rows.iter().filter(|row| row.point.place == place);
        let points = |share: fn(&Compared) -> f64| {
            of_place().map(|row| (row.point.load, share(&row.in_time))).collect::<Vec<_>>()
        };
        let theory = points(|share| share.expected);
        lines.push(Line::new(&format!("{place}: Erlang A"), colour, theory));
        let bars = of_place().map(|row| row.in_time.half_band).collect();
        let mut dots = Line::new(place, colour, points(|share| share.simulated));
        dots.bars = Some(bars);
        lines.push(dots);
    }
    let chart = Chart {
        caption: "15 秒接通率：真实分配器（点，99.9 % 带）与 Erlang A（线）",
        x: Axis { name: "负荷", range: 0.65..1.1, mark: &|load| format!("{load:.2}") },
        y: Axis { name: "", range: 0.0..1.02, mark: &|share| format!("{:.0} %", share * 100.0) },
        lines,
        legend: SeriesLabelPosition::LowerLeft,
    };
    draw(&chart).ok().map(|svg| Picture { name: "erlang_a", svg })
}
