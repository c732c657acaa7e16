//! Policies side by side: the same figures of each, what changed for each caller, and whether chance explains it.

use std::fmt::Write as _;

use acd::rates::{CallFact, Outcome as CallOutcome, Rate};
use plotters::prelude::SeriesLabelPosition;

use crate::outcome::Outcome;
use crate::plot::{Axis, Chart, Line, Picture, draw};
use crate::report::html::page;
use crate::report::markdown::percent;
use crate::report::{Figures, Report};

const ANSWER_TARGET_US: u64 = 15_000_000;
/// 97.5 % points of Student's distribution for 1 to 9 degrees of freedom; 2 for more.
const STUDENT: [f64; 9] = [12.71, 4.30, 3.18, 2.78, 2.57, 2.45, 2.36, 2.31, 2.26];

/// One policy's calls, under the name that a reader knows it by.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    pub name: &'a str,
    pub calls: &'a [CallFact],
    pub outcome: &'a Outcome,
}

/// The same callers under two policies, for one seed or several.
#[derive(Debug, Clone, Default)]
pub struct Comparison {
    calls: [Vec<CallFact>; 2],
    outcomes: [Outcome; 2],
    /// K1 and K2b of the second less those of the first, by seed.
    differences: Vec<(f64, f64)>,
    by_time: [Vec<Figures>; 2],
}

/// What became of callers who rang under both policies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Pairs {
    /// Answered within 15 s under the first alone, and under the second alone.
    in_time: [u64; 2],
    answered: [u64; 2],
}

impl Comparison {
    /// Adds a seed: the calls and reports of both policies, the first one first.
    pub fn add(&mut self, sides: [(&[CallFact], &Outcome, &Report); 2]) {
        let rate = |rate: Rate| rate.part as f64 / rate.whole.max(1) as f64;
        let [(_, was, _), (_, would, _)] = &sides;
        let k1 = rate(would.answered_share()) - rate(was.answered_share());
        let k2b = rate(would.in_time_share()) - rate(was.in_time_share());
        self.differences.push((k1, k2b));
        let known = self.calls.iter_mut().zip(&mut self.outcomes).zip(&mut self.by_time);
        for (((all, sum), by_time), (calls, outcome, report)) in known.zip(sides) {
            all.extend_from_slice(calls);
            sum.add(outcome);
            // The picture is of the first seed alone.
            if by_time.is_empty() {
                *by_time = report.by_time_of_day();
            }
        }
    }

    /// The report in Chinese. `names` are those of the two policies, `changed` the settings in which they differ.
    #[must_use]
    pub fn markdown(&self, title: &str, names: [&str; 2], changed: &[String]) -> String {
        let [first, second] = names;
        let mut text = format!("# {title}：{first} 与 {second}\n\n");
        // Writing to a text cannot fail.
        let _ = writeln!(
            text,
            "两套配置面对同一批来电（同样的来电时刻、耐心与通话时长），随机种子 {} 组。\n",
            self.differences.len()
        );
        let _ = writeln!(text, "## 配置差异\n\n{}", list(changed, "两份配置没有差别"));
        let ([before, after], [was, would]) = (&self.calls, &self.outcomes);
        let sides = [
            Side { name: first, calls: before, outcome: was },
            Side { name: second, calls: after, outcome: would },
        ];
        let _ = writeln!(text, "## 对比\n\n{}", table(&sides));
        text.push_str(&self.callers(names));
        let _ = writeln!(text, "## 偶然性\n\n{}", chance(&self.differences));
        text
    }

    /// The same as a page with its picture.
    #[must_use]
    pub fn html(&self, title: &str, names: [&str; 2], changed: &[String]) -> String {
        let pictures: Vec<Picture> = self.picture(names).into_iter().collect();
        page(title, &self.markdown(title, names, changed), &pictures)
    }

    fn callers(&self, [first, second]: [&str; 2]) -> String {
        let [before, after] = &self.calls;
        let pairs = Pairs::of(before, after);
        format!(
            "## 逐个来电\n\n- 只在“{first}”下 15 秒内接通：{} 个；只在“{second}”下：{} 个\n\
             - 只在“{first}”下接通：{} 个；只在“{second}”下：{} 个\n\n",
            pairs.in_time[0], pairs.in_time[1], pairs.answered[0], pairs.answered[1]
        )
    }

    fn picture(&self, names: [&str; 2]) -> Option<Picture> {
        let lines = names.iter().zip(&self.by_time).enumerate().map(|(colour, (name, times))| {
            let point = |(time, figures): (usize, &Figures)| {
                let rate = figures.tally.in_time_of_requests();
                (rate.whole > 0).then(|| (time as f64 / 2.0, rate.part as f64 / rate.whole as f64))
            };
            Line::new(name, colour, times.iter().enumerate().filter_map(point).collect())
        });
        let lines: Vec<Line> = lines.collect();
        let lowest = lines.iter().flat_map(|line| &line.points).map(|point| point.1);
        let bottom = ((lowest.fold(1.0, f64::min) * 10.0 - 0.5).floor() / 10.0).max(0.0);
        let chart = Chart {
            caption: "各时段 15 秒接通率",
            x: Axis { name: "时", range: 0.0..24.0, mark: &|hour| format!("{hour:.0}") },
            y: Axis {
                name: "",
                range: bottom..1.0,
                mark: &|share| format!("{:.0} %", share * 100.0),
            },
            lines,
            legend: SeriesLabelPosition::LowerLeft,
        };
        draw(&chart).ok().map(|svg| Picture { name: "comparison", svg })
    }
}

/// Whether a difference is more than chance: K1 and K2b of the second policy less those of the first, by seed, in
/// Chinese.
#[must_use]
pub fn chance(differences: &[(f64, f64)]) -> String {
    if differences.len() < 2 {
        return "- 只推演了一组随机种子，无法判断差别是否出于偶然；请加 `--repeat 5`\n".to_owned();
    }
    let row = |name: &str, of: fn(&(f64, f64)) -> f64| {
        let values: Vec<f64> = differences.iter().map(of).collect();
        let (mean, half) = interval(&values);
        let verdict = if mean.abs() > half { "超出偶然" } else { "可能只是偶然" };
        format!(
            "- {name}之差 {:+.2} 个百分点，95 % 置信区间 {:+.2} 至 {:+.2}：{verdict}\n",
            mean * 100.0,
            (mean - half) * 100.0,
            (mean + half) * 100.0
        )
    };
    [row("接通率", |it| it.0), row("15 秒接通率", |it| it.1)].concat()
}

impl Pairs {
    /// Callers stand in the same order on both sides.
    fn of(before: &[CallFact], after: &[CallFact]) -> Self {
        let mut pairs = Self::default();
        for (one, other) in
            before.iter().zip(after).filter(|(one, other)| one.rang_at == other.rang_at)
        {
            for (counts, holds) in [
                (&mut pairs.in_time, in_time as fn(&CallFact) -> bool),
                (&mut pairs.answered, is_answered),
            ] {
                match (holds(one), holds(other)) {
                    (true, false) => counts[0] += 1,
                    (false, true) => counts[1] += 1,
                    _ => {}
                }
            }
        }
        pairs
    }
}

fn is_answered(call: &CallFact) -> bool {
    matches!(call.outcome, CallOutcome::Answered { .. })
}

fn in_time(call: &CallFact) -> bool {
    matches!(call.outcome, CallOutcome::Answered { wait_us } if wait_us <= ANSWER_TARGET_US)
}

/// Mean and half of the 95 % interval of the mean.
fn interval(values: &[f64]) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let student = STUDENT.get(values.len().saturating_sub(2)).copied().unwrap_or(2.0);
    (mean, student * (variance / count).sqrt())
}

fn list(items: &[String], none: &str) -> String {
    if items.is_empty() {
        return format!("- {none}\n");
    }
    items.iter().map(|item| format!("- {item}\n")).collect()
}

/// Figures of all sides as a table in Chinese; where there are two, with the difference.
#[must_use]
pub fn table(sides: &[Side<'_>]) -> String {
    let waits: Vec<Vec<f64>> = sides.iter().map(|side| waits_of(side.calls)).collect();
    let names: String =
        sides.iter().map(|side| format!(" {} |", side.name.replace('|', "／"))).collect();
    let mut text = format!("| 指标 |{names}\n| --- |{}\n", " ---: |".repeat(sides.len()));
    let mut row = |name: &str, of: &dyn Fn(&Side<'_>, &[f64]) -> String| {
        let _ = write!(text, "| {name} |");
        for (side, waits) in sides.iter().zip(&waits) {
            let _ = write!(text, " {} |", of(side, waits));
        }
        text.push('\n');
    };
    row("来电 R", &|side, _| side.outcome.requests.to_string());
    row("接通 N", &|side, _| side.outcome.answered.to_string());
    row("接通率 K1 = N ÷ R", &|side, _| percent(side.outcome.answered_share()));
    row("15 秒内接通 N15", &|side, _| side.outcome.answered_in_time.to_string());
    row("15 秒接通率 K2b = N15 ÷ R", &|side, _| percent(side.outcome.in_time_share()));
    row("接通者中 15 秒内 K2a = N15 ÷ N", &|side, _| {
        let Outcome { answered, answered_in_time, .. } = side.outcome;
        percent(Rate { part: *answered_in_time, whole: *answered })
    });
    row("平均应答（接通者）", &|_, waits| {
        seconds((!waits.is_empty()).then(|| waits.iter().sum::<f64>() / waits.len() as f64))
    });
    row("等待中位数（接通者）", &|_, waits| seconds(percentile(waits, 50)));
    row("90 % 的接通者等待不超过", &|_, waits| seconds(percentile(waits, 90)));
    row("主动挂断", &|side, _| side.outcome.abandoned.to_string());
    row("因故障或队列已满而失去", &|side, _| {
        (side.outcome.dropped + side.outcome.blocked).to_string()
    });
    row("每个来电的振铃次数", &|side, _| {
        format!("{:.2}", side.outcome.offers as f64 / side.outcome.requests.max(1) as f64)
    });
    row("未应答的振铃", &|side, _| side.outcome.lapses.to_string());
    row("因未应答被置为未就绪", &|side, _| side.outcome.put_not_ready.to_string());
    row("通话中失去话务员", &|side, _| side.outcome.returned.to_string());
    text
}

/// Seconds that the answered waited, in order.
fn waits_of(calls: &[CallFact]) -> Vec<f64> {
    let mut waits: Vec<f64> = calls
        .iter()
        .filter_map(|call| match call.outcome {
            CallOutcome::Answered { wait_us } => Some(wait_us as f64 / 1e6),
            _ => None,
        })
        .collect();
    waits.sort_by(f64::total_cmp);
    waits
}

/// By nearest rank.
fn percentile(sorted: &[f64], percent: usize) -> Option<f64> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied()
}

fn seconds(value: Option<f64>) -> String {
    value.map_or("–".to_owned(), |value| format!("{value:.1} s"))
}

#[cfg(test)]
mod tests {
    use types::Timestamp;

    use super::*;

    fn call(second: i64, outcome: CallOutcome) -> CallFact {
        CallFact { rang_at: Timestamp::from_micros(second * 1_000_000), outcome }
    }

    fn answered(second: i64, wait_s: u64) -> CallFact {
        call(second, CallOutcome::Answered { wait_us: wait_s * 1_000_000 })
    }

    #[test]
    fn callers_are_compared_one_by_one() {
        let lost = |second| call(second, CallOutcome::Abandoned { waited_us: 9 });
        let before = [answered(1, 3), answered(2, 20), lost(3), answered(4, 3)];
        let after = [answered(1, 3), answered(2, 15), answered(3, 30), lost(4)];
        let pairs = Pairs::of(&before, &after);
        assert_eq!(pairs, Pairs { in_time: [1, 1], answered: [1, 1] });
    }

    #[test]
    fn a_table_has_a_column_for_each_side() {
        let calls = [answered(1, 3), answered(2, 20)];
        let outcome =
            Outcome { requests: 3, answered: 2, answered_in_time: 1, ..Outcome::default() };
        let side = |name| Side { name, calls: &calls, outcome: &outcome };
        let text = table(&[side("实录"), side("新|配置")]);
        assert!(text.starts_with("| 指标 | 实录 | 新／配置 |\n| --- | ---: | ---: |\n"), "{text}");
        assert!(text.contains("| 接通率 K1 = N ÷ R | 66.66 % | 66.66 % |"), "{text}");
        assert!(text.contains("| 等待中位数（接通者） | 3.0 s | 3.0 s |"), "{text}");
        assert!(text.contains("| 90 % 的接通者等待不超过 | 20.0 s |"), "{text}");
    }

    #[test]
    fn chance_is_told_from_an_effect() {
        let (mean, half) = interval(&[0.010, 0.011, 0.009, 0.010, 0.010]);
        assert!((mean - 0.01).abs() < 1e-9 && half < 0.001, "{half}");
        let (mean, half) = interval(&[0.02, -0.02, 0.01, -0.01]);
        assert!(mean.abs() < half);
    }
}
