//! The back-test as lines of JSON, as a table and as a picture.

use std::fmt::Write as _;

use plotters::prelude::SeriesLabelPosition;

use super::{Row, Waits};
use crate::plot::{Axis, Chart, Line, Picture, draw};
use crate::theory::Figure;

/// Coverage, nearness and the number of waits of each row, and how often somebody was told worse than before.
#[must_use]
pub fn figures(scene: &str, rows: &[Row], waits: &[Waits]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for row in rows {
        let load = load_of(row);
        let figure = |name, value: f64, peer_value: f64| Figure {
            name,
            value: value * 100.0,
            unit: "%",
            load: load.clone(),
            peer: Some("answered calls alone"),
            peer_value: Some(peer_value * 100.0),
            half_band: None,
        };
        figures.push(figure("expected_wait_covered", row.covered, row.covered_answered));
        figures.push(figure("expected_wait_near", row.near, row.near_answered));
    }
    let words: u64 = waits.iter().map(|waits| waits.words).sum();
    figures.push(Figure {
        name: "expected_wait_rises",
        value: waits.iter().map(|waits| waits.worse).sum::<u64>() as f64,
        unit: "words",
        load: format!("scene={scene} words={words}"),
        peer: Some("without the promise"),
        peer_value: Some(waits.iter().map(|waits| waits.spared).sum::<u64>() as f64),
        half_band: None,
    });
    figures
}

fn load_of(row: &Row) -> String {
    let last = row.last_place.map_or_else(|| "end".to_owned(), |last| last.to_string());
    let Row { scene, first_place, callers, answered, .. } = row;
    format!("scene={scene} places={first_place}-{last} callers={callers} answered={answered}")
}

/// The table as Markdown, in percent.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = String::from(
        "| 场景 | 排位 | 等待人数 | 其中接通 | 播报中位 s | 80% 播报覆盖 % | 仅接通 % | 中位 ±30% 内 % | 仅接通 % | 达标 |\n\
         | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | :---: |\n",
    );
    for row in rows {
        let places = match row.last_place {
            Some(last) if last == row.first_place => last.to_string(),
            Some(last) => format!("{}–{last}", row.first_place),
            None => format!("{} 起", row.first_place),
        };
        let _ = writeln!(
            text,
            "| {} | {places} | {} | {} | {:.0} | {:.1} | {:.1} | {:.1} | {:.1} | {} |",
            row.scene,
            row.callers,
            row.answered,
            row.middle_told_s,
            row.covered * 100.0,
            row.covered_answered * 100.0,
            row.near * 100.0,
            row.near_answered * 100.0,
            if row.holds() { "是" } else { "否" },
        );
    }
    text
}

/// Coverage over the bands of places: one line for each scene, between 75 and 85 of 100.
#[must_use]
pub fn picture(rows: &[Row]) -> Option<Picture> {
    let bands: Vec<&Row> =
        rows.iter().filter(|row| super::BANDS.iter().any(|band| band_of(row) == *band)).collect();
    let mut scenes: Vec<&str> = bands.iter().map(|row| row.scene.as_str()).collect();
    scenes.dedup();
    let x_of = |row: &Row| super::BANDS.iter().position(|band| band_of(row) == *band);
    let mut lines: Vec<Line> = Vec::new();
    for (colour, scene) in scenes.iter().enumerate() {
        let of_scene = || bands.iter().filter(|row| row.scene == *scene);
        let points = |value: fn(&Row) -> f64| {
            of_scene().filter_map(|row| Some((x_of(row)? as f64, value(row)))).collect::<Vec<_>>()
        };
        lines.push(Line::new(&format!("{scene}：80% 播报覆盖"), colour, points(|row| row.covered)));
        lines.push(Line::new(
            &format!("{scene}：中位 ±30% 内"),
            colour + 3,
            points(|row| row.near),
        ));
    }
    for bound in [0.75, 0.85] {
        lines.push(Line::new("75–85 %", 5, vec![(0.0, bound), (6.0, bound)]));
    }
    let mark = |x: f64| {
        let bands = ["1", "2–3", "4–6", "7–11", "12–20", "21–40", "41 起"];
        bands
            .iter()
            .enumerate()
            .find(|(at, _)| (*at as f64 - x).abs() < 0.01)
            .map_or_else(String::new, |(_, band)| (*band).to_owned())
    };
    let chart = Chart {
        caption: "预计等待的回测：开始排队时播报的与实际的",
        x: Axis { name: "排位", range: -0.2..6.2, mark: &mark },
        y: Axis { name: "", range: 0.0..1.02, mark: &|share| format!("{:.0} %", share * 100.0) },
        lines,
        legend: SeriesLabelPosition::LowerRight,
    };
    draw(&chart).ok().map(|svg| Picture { name: "expected_waits", svg })
}

fn band_of(row: &Row) -> (usize, usize) {
    (row.first_place, row.last_place.unwrap_or(usize::MAX))
}
