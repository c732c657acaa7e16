//! Makes figures of several runs' reports. Pure.

use crate::ceiling::{float, ratio};
use crate::figure::{Figure, Peer};
use crate::run::RunReport;
use crate::stats::median;

/// The median over the runs that were clean; no value when fewer than half were.
pub(super) fn figure(
    name: &'static str,
    unit: &'static str,
    load: &str,
    reports: &[RunReport],
    value: impl Fn(&RunReport) -> Option<f64>,
    peer: Option<Peer>,
) -> Figure {
    let mut figure = Figure::new(name, unit, load);
    let clean = |report: &&RunReport| !report.saturated;
    let values: Vec<f64> = reports.iter().filter(clean).filter_map(value).collect();
    let share =
        |report: &RunReport| report.window.as_ref().unwrap_or(&report.whole).generator_share();
    figure.generator_core_share =
        crate::figure::rounded(reports.iter().map(share).fold(0.0, f64::max));
    figure.saturated = values.len() * 2 <= reports.len();
    if figure.saturated {
        let mut because: Vec<String> =
            reports.iter().flat_map(|report| report.because.clone()).collect();
        because.dedup();
        figure.because = because.join("; ");
    } else {
        figure.runs = values.len();
        figure.value = median(values);
    }
    figure.beside(peer)
}

/// The median of a value over clean runs, for a peer measured now.
pub(super) fn middle(
    reports: &[RunReport],
    value: impl Fn(&RunReport) -> Option<f64>,
) -> Option<f64> {
    median(reports.iter().filter(|report| !report.saturated).filter_map(value).collect())
}

/// Processor milliseconds of some programs per call-second of the window.
pub(super) fn cpu_per_call_s(report: &RunReport, programs: &[&str]) -> Option<f64> {
    let usage = report.window.as_ref()?;
    let used: u64 = programs.iter().filter_map(|name| usage.cpu_ms.get(*name)).sum();
    let call_seconds = float(report.in_window as u64) * usage.seconds;
    (call_seconds > 0.0).then(|| ratio(used, call_seconds))
}

/// Processor milliseconds of some programs per call of the whole load.
pub(super) fn cpu_per_call(report: &RunReport, programs: &[&str]) -> Option<f64> {
    let used: u64 = programs.iter().filter_map(|name| report.whole.cpu_ms.get(*name)).sum();
    (report.calls.calls > 0).then(|| ratio(used, float(report.calls.calls as u64)))
}

/// Share of the window's packets that did not arrive, in percent.
pub(super) fn lost_percent(report: &RunReport) -> Option<f64> {
    let media = report.media;
    let lost = media.window_sent.saturating_sub(media.window_received);
    (media.window_sent > 0).then(|| ratio(lost, float(media.window_sent)) * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ceiling;

    #[test]
    fn saturated_runs_give_no_figure_but_a_reason() {
        let mut report = ceiling::against_itself(&ceiling::calls_at(10, 1)).unwrap();
        report.saturated = false;
        report.because.clear();
        let good = figure("x", "ms", "cps=10", &[report.clone()], |_| Some(2.0), None);
        assert_eq!((good.value, good.saturated, good.runs), (Some(2.0), false, 1));
        report.saturated = true;
        report.because = vec!["the machine was 99 % busy".to_owned()];
        let none = figure("x", "ms", "cps=10", &[report], |_| Some(2.0), None);
        assert_eq!((none.value, none.saturated), (None, true));
        assert!(none.because.contains("99 %"));
    }
}
