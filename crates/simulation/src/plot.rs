//! Line charts as SVG texts, without fonts or files of the system.

use std::ops::Range;

use plotters::coord::types::RangedCoordf64;
use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::{
    BLACK, Cartesian2d, ChartBuilder, ChartContext, Circle, Color as _, EmptyElement,
    IntoDrawingArea as _, IntoFont as _, LineSeries, PathElement, RGBColor, SVGBackend,
    SeriesLabelPosition, WHITE,
};
use thiserror::Error;

const SIZE: (u32, u32) = (1_000, 420);
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x0b, 0x5f, 0xa5),
    RGBColor(0xc2, 0x41, 0x0c),
    RGBColor(0x15, 0x80, 0x3d),
    RGBColor(0x7e, 0x22, 0xce),
    RGBColor(0xa1, 0x62, 0x07),
    RGBColor(0x47, 0x55, 0x69),
];

/// A drawn chart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// For the name of a file.
    pub name: &'static str,
    pub svg: String,
}

/// Why a chart could not be drawn: never, for finite figures.
#[derive(Debug, Error)]
#[error("the chart cannot be drawn: {0}")]
pub(crate) struct PlotError(String);

type Backend<'a> = <SVGBackend<'a> as plotters::prelude::DrawingBackend>::ErrorType;

impl From<DrawingAreaErrorKind<Backend<'_>>> for PlotError {
    fn from(error: DrawingAreaErrorKind<Backend<'_>>) -> Self {
        Self(error.to_string())
    }
}

/// What is drawn.
pub(crate) struct Chart<'a> {
    pub(crate) caption: &'a str,
    pub(crate) x: Axis<'a>,
    pub(crate) y: Axis<'a>,
    pub(crate) lines: Vec<Line>,
    /// Where the lines leave room for their names.
    pub(crate) legend: SeriesLabelPosition,
}

pub(crate) struct Axis<'a> {
    pub(crate) name: &'a str,
    pub(crate) range: Range<f64>,
    /// How a mark is written.
    pub(crate) mark: &'a dyn Fn(f64) -> String,
}

pub(crate) struct Line {
    pub(crate) label: String,
    /// Lines of one colour belong together.
    pub(crate) colour: usize,
    pub(crate) points: Vec<(f64, f64)>,
    /// Dots with bars of this half height instead of a line.
    pub(crate) bars: Option<Vec<f64>>,
}

impl Line {
    pub(crate) fn new(label: &str, colour: usize, points: Vec<(f64, f64)>) -> Self {
        Self { label: label.to_owned(), colour, points, bars: None }
    }
}

type Canvas<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The chart as an SVG text.
pub(crate) fn draw(chart: &Chart<'_>) -> Result<String, PlotError> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut canvas = ChartBuilder::on(&area)
            .caption(chart.caption, ("sans-serif", 20).into_font())
            .margin(12)
            .x_label_area_size(40)
            .y_label_area_size(60)
            .build_cartesian_2d(chart.x.range.clone(), chart.y.range.clone())?;
        canvas
            .configure_mesh()
            .x_desc(chart.x.name)
            .y_desc(chart.y.name)
            .x_labels(13)
            .x_label_formatter(&|x| (chart.x.mark)(*x))
            .y_label_formatter(&|y| (chart.y.mark)(*y))
            .light_line_style(WHITE)
            .draw()?;
        for line in &chart.lines {
            series(&mut canvas, line)?;
        }
        canvas
            .configure_series_labels()
            .position(chart.legend.clone())
            .background_style(WHITE.mix(0.85))
            .border_style(BLACK)
            .draw()?;
        area.present()?;
    }
    Ok(svg)
}

fn series(canvas: &mut Canvas<'_, '_>, line: &Line) -> Result<(), PlotError> {
    let colour = COLOURS.get(line.colour % COLOURS.len()).copied().unwrap_or(BLACK);
    let style = colour.stroke_width(2);
    let Some(bars) = &line.bars else {
        canvas
            .draw_series(LineSeries::new(line.points.iter().copied(), style))?
            .label(&line.label)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], style));
        return Ok(());
    };
    let bar = |(point, half): (&(f64, f64), &f64)| {
        let (x, y) = *point;
        PathElement::new(vec![(x, y - half), (x, y + half)], style)
    };
    canvas.draw_series(line.points.iter().zip(bars).map(bar))?;
    let dot =
        |point: &(f64, f64)| EmptyElement::at(*point) + Circle::new((0, 0), 4, colour.filled());
    canvas
        .draw_series(line.points.iter().map(dot))?
        .label(&line.label)
        .legend(move |(x, y)| Circle::new((x + 9, y), 4, colour.filled()));
    Ok(())
}
