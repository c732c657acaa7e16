//! One SVG for each figure that was measured at several steps: ours and the peer's over the step.

use std::collections::BTreeMap;
use std::path::Path;

use plotters::prelude::{
    BLACK, ChartBuilder, Circle, Color as _, EmptyElement, IntoDrawingArea as _, IntoFont as _,
    LineSeries, PathElement, RGBColor, SVGBackend, WHITE,
};

use crate::figure::Figure;

const SIZE: (u32, u32) = (900, 560);
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x0b, 0x5f, 0xa5),
    RGBColor(0xc2, 0x41, 0x0c),
    RGBColor(0x15, 0x80, 0x3d),
    RGBColor(0x7e, 0x22, 0xce),
    RGBColor(0xa1, 0x62, 0x07),
    RGBColor(0x47, 0x55, 0x69),
];

type Line = Vec<(f64, f64)>;

/// Figures of three axes, over four powers of ten: a table, not a picture.
const TABLE: &str = "acd_";

/// Draws every figure that has a step in its load.
pub(super) fn draw(figures: &[Figure], folder: &Path) -> anyhow::Result<()> {
    let mut by_name: BTreeMap<&str, Vec<&Figure>> = BTreeMap::new();
    for figure in figures.iter().filter(|figure| !figure.name.starts_with(TABLE)) {
        by_name.entry(figure.name).or_default().push(figure);
    }
    for (name, of_name) in by_name {
        let lines = lines(&of_name);
        if lines.values().any(|line| !line.is_empty()) {
            let unit = of_name.first().map_or("", |figure| figure.unit);
            let step = of_name.first().and_then(|figure| step_of(&figure.load)).map_or("", |s| s.0);
            picture(name, unit, step, &lines, &folder.join(format!("{name}.svg")))?;
        }
    }
    Ok(())
}

/// The first word of a load with a number is its step; the others name the line.
fn step_of(load: &str) -> Option<(&str, f64)> {
    let (key, value) = load.split(' ').next()?.split_once('=')?;
    Some((key, value.parse().ok()?))
}

fn lines(figures: &[&Figure]) -> BTreeMap<String, Line> {
    let mut lines: BTreeMap<String, Line> = BTreeMap::new();
    for figure in figures {
        let Some((_, step)) = step_of(&figure.load) else { continue };
        let rest = figure.load.split_once(' ').map_or("", |(_, rest)| rest);
        if let Some(value) = figure.value {
            lines.entry(format!("{} {rest}", figure.name)).or_default().push((step, value));
        }
        if let (Some(peer), Some(value)) = (&figure.peer, figure.peer_value) {
            let line = lines.entry(peer.clone()).or_default();
            if !line.contains(&(step, value)) {
                line.push((step, value));
            }
        }
    }
    for line in lines.values_mut() {
        line.sort_by(|one, other| one.0.total_cmp(&other.0));
    }
    lines
}

fn picture(
    name: &str,
    unit: &str,
    step: &str,
    lines: &BTreeMap<String, Line>,
    file: &Path,
) -> anyhow::Result<()> {
    let points = || lines.values().flatten();
    let right = points().map(|point| point.0).fold(1.0, f64::max) * 1.05;
    let top = points().map(|point| point.1).fold(f64::MIN_POSITIVE, f64::max) * 1.15;
    let area = SVGBackend::new(file, SIZE).into_drawing_area();
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&area)
        .caption(format!("{name} ({unit})"), ("sans-serif", 22).into_font())
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    chart.configure_mesh().x_desc(step).y_desc(unit).light_line_style(WHITE).draw()?;
    for (number, (label, line)) in lines.iter().enumerate() {
        let colour = COLOURS.get(number % COLOURS.len()).copied().unwrap_or(BLACK);
        let style = colour.stroke_width(2);
        chart
            .draw_series(LineSeries::new(line.iter().copied(), style))?
            .label(label)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
        let dot =
            |point: &(f64, f64)| EmptyElement::at(*point) + Circle::new((0, 0), 4, colour.filled());
        chart.draw_series(line.iter().map(dot))?;
    }
    chart.configure_series_labels().background_style(WHITE.mix(0.85)).border_style(BLACK).draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Peer, PeerRun};

    #[test]
    fn a_figure_with_steps_becomes_a_picture_with_its_peer() {
        let figures: Vec<Figure> = [(100, 1.0), (200, 0.9)]
            .map(|(calls, value)| {
                let mut figure = Figure::new("relay", "ms", format!("calls={calls} rec=on"));
                figure.value = Some(value);
                let peer = Peer { name: "other".to_owned(), value: 2.0, run: PeerRun::Same };
                figure.beside(Some(peer))
            })
            .into();
        let folder = tempfile::tempdir().unwrap();
        draw(&figures, folder.path()).unwrap();
        let picture = std::fs::read_to_string(folder.path().join("relay.svg")).unwrap();
        assert!(picture.contains("relay rec=on") && picture.contains("other"));
    }

    #[test]
    fn a_figure_without_step_has_no_picture() {
        let mut figure = Figure::new("single", "1/s", "peer=itself");
        figure.value = Some(1.0);
        let folder = tempfile::tempdir().unwrap();
        draw(&[figure], folder.path()).unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
