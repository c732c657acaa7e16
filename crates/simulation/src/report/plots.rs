//! The pictures of the report.

use plotters::prelude::SeriesLabelPosition;
use time::macros::format_description;
use types::Timestamp;

use super::markdown::shown;
use super::{Report, Slot};
use crate::plot::{Axis, Chart, Line, Picture, draw};

/// Axes begin a little below the lowest share, at full tenths.
const TENTH: f64 = 0.1;

impl Report {
    /// Calls, rates and staff over time. A picture of nothing is left out.
    #[must_use]
    pub fn plots(&self) -> Vec<Picture> {
        [self.calls(), self.rates(), self.staff()].into_iter().flatten().collect()
    }

    fn calls(&self) -> Option<Picture> {
        let lines = vec![
            self.line("来电", 0, |slot| Some(slot.figures.tally.requests as f64)),
            self.line("15 秒内接通", 2, |slot| {
                Some(slot.figures.tally.answered_in_time as f64)
            }),
            self.line("未接通", 1, |slot| Some(slot.figures.not_answered as f64)),
        ];
        self.picture("calls", "每半小时来电", &lines_top(&lines), &|y| format!("{y:.0}"), lines)
    }

    fn rates(&self) -> Option<Picture> {
        let begins = self.begins;
        let rolling = self
            .rolling()
            .into_iter()
            .filter(|(_, rate)| rate.whole > 0)
            .map(|(at, rate)| (days_since(begins, at), rate.part as f64 / rate.whole as f64))
            .collect();
        let in_time = self.line("15 秒接通率", 2, |slot| {
            let rate = slot.figures.tally.in_time_of_requests();
            (rate.whole > 0).then(|| rate.part as f64 / rate.whole as f64)
        });
        let lines = vec![in_time, Line::new("连续 24 小时接通率", 0, rolling)];
        let lowest = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
        let bottom = (lowest.fold(1.0, f64::min) / TENTH - 0.5).floor() * TENTH;
        self.picture("rates", "接通率", &(bottom.max(0.0)..1.0), &percent_mark, lines)
    }

    fn staff(&self) -> Option<Picture> {
        let lines = vec![
            self.line("在岗话务员", 0, |slot| Some(slot.figures.agents)),
            self.line("其中通话与话后处理", 1, |slot| {
                slot.figures.occupancy.map(|share| share * slot.figures.agents)
            }),
        ];
        self.picture("staff", "话务员", &lines_top(&lines), &|y| format!("{y:.0}"), lines)
    }

    fn line(&self, label: &str, colour: usize, of: impl Fn(&Slot) -> Option<f64>) -> Line {
        let begins = self.begins;
        let point = |slot: &Slot| of(slot).map(|value| (days_since(begins, slot.from), value));
        Line::new(label, colour, self.half_hours.iter().filter_map(point).collect())
    }

    fn picture(
        &self,
        name: &'static str,
        caption: &str,
        range: &std::ops::Range<f64>,
        y_mark: &dyn Fn(f64) -> String,
        lines: Vec<Line>,
    ) -> Option<Picture> {
        let whole = days_since(self.begins, self.ends);
        let mark = |days: f64| self.mark(days);
        let chart = Chart {
            caption,
            x: Axis { name: "", range: 0.0..whole, mark: &mark },
            y: Axis { name: "", range: range.clone(), mark: y_mark },
            lines,
            // Days begin with a quiet night; rates are high then.
            legend: match name {
                "rates" => SeriesLabelPosition::LowerLeft,
                _ => SeriesLabelPosition::UpperLeft,
            },
        };
        draw(&chart).ok().map(|svg| Picture { name, svg })
    }

    /// A day is marked by its hours, several days by their dates.
    fn mark(&self, days: f64) -> String {
        let at = self.begins + std::time::Duration::from_secs_f64(days.max(0.0) * 86_400.0);
        if self.days.len() > 1 {
            shown(at, format_description!("[month]-[day]"))
        } else {
            shown(at, format_description!("[hour]:[minute]"))
        }
    }
}

fn lines_top(lines: &[Line]) -> std::ops::Range<f64> {
    let values = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
    0.0..values.fold(1.0, f64::max) * 1.1
}

fn percent_mark(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn days_since(begins: Timestamp, at: Timestamp) -> f64 {
    at.since(begins).as_secs_f64() / 86_400.0
}
