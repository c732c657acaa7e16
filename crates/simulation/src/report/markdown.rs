//! The report as Markdown, in Chinese.

use std::fmt::{self, Write as _};

use acd::rates::{Rate, Tally};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use types::Timestamp;

use super::{Figures, Happening, Report, Slot, What};

const DAY: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]");
const MINUTE: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]");
/// Outages last seconds.
const SECOND: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
const HEADING: &str = "| 来电 | 接通 | 接通率 | 15 秒内接通 | 15 秒接通率 | 未接通 | 平均应答 | 在岗话务员 | 占用率 |\n\
     | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n";

impl Report {
    /// Title, totals, worst 24 hours, events, days, half-hours of the day.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a text cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, text: &mut String) -> fmt::Result {
        let callers = if self.from_log {
            "来电取自话务记录"
        } else {
            "来电按需求曲线随机产生"
        };
        writeln!(text, "# {}\n", self.title)?;
        writeln!(
            text,
            "{} 至 {}，{callers}，随机种子 {}。话务由真实的分配器分配，时间为模拟时间。\n",
            shown(self.begins, MINUTE),
            shown(self.ends, MINUTE),
            self.seed
        )?;
        writeln!(text, "## 合计\n\n{}{}", with("范围", HEADING), row("全部", &self.totals))?;
        self.write_worst(text)?;
        writeln!(
            text,
            "- 未应答的振铃：{} 次；因此被置为未就绪：{} 次\n- 通话中失去话务员、重新排队：{} 人次\n",
            self.lapses, self.put_not_ready, self.returned
        )?;
        self.write_events(text)?;
        if self.days.len() > 1 {
            writeln!(text, "## 逐日\n\n{}{}", with("日期", HEADING), days(&self.days))?;
        }
        let which = if self.days.len() > 1 { "（各日合计）" } else { "" };
        writeln!(text, "## 每半小时{which}\n\n{}{}", with("时段", HEADING), self.times())?;
        writeln!(
            text,
            "接通率 = 接通 ÷ 来电（K1）；15 秒接通率 = 15 秒内接通 ÷ 来电（K2b）；平均应答只计接通者；\
             占用率 = 通话与话后处理 ÷ 在岗时间。没有网关接听的来电计为未接通。"
        )
    }

    fn write_worst(&self, text: &mut String) -> fmt::Result {
        let Some(worst) = &self.worst else {
            return writeln!(text, "- 不足 24 小时，没有连续 24 小时接通率");
        };
        let rate = worst.tally.connection_rate();
        let verdict = if rate.is_at_least(95) { "达到" } else { "低于" };
        writeln!(
            text,
            "- 连续 24 小时接通率最低 {}（{} ÷ {}），截至 {}，{verdict}国家标准 95 %",
            percent(rate),
            rate.part,
            rate.whole,
            shown(worst.at, MINUTE)
        )
    }

    fn write_events(&self, text: &mut String) -> fmt::Result {
        if self.events.is_empty() {
            return Ok(());
        }
        writeln!(text, "## 事件\n\n| 事件 | 起 | 止 | 来电 | 接通率 | 15 秒接通率 |")?;
        writeln!(text, "| --- | --- | --- | ---: | ---: | ---: |")?;
        for Happening { from, until, what, tally } in &self.events {
            let (from, until) = (shown(*from, SECOND), shown(*until, SECOND));
            let (name, Tally { requests, .. }) = (what.label(), tally);
            let (answered, in_time) =
                (percent(tally.connection_rate()), percent(tally.in_time_of_requests()));
            writeln!(text, "| {name} | {from} | {until} | {requests} | {answered} | {in_time} |")?;
        }
        writeln!(text)
    }

    fn times(&self) -> String {
        let clock = |number: usize| format!("{:02}:{:02}", number / 2, number % 2 * 30);
        let times = self.by_time_of_day();
        times.iter().enumerate().map(|(number, figures)| row(&clock(number), figures)).collect()
    }
}

impl What {
    /// What a reader is told.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Surge { name, factor } => format!("{} ×{factor}", name.replace('|', "／")),
            Self::GatewayOutage => "网关中断".to_owned(),
        }
    }
}

fn days(days: &[Slot]) -> String {
    days.iter().map(|day| row(&shown(day.from, DAY), &day.figures)).collect()
}

/// The heading with a first column.
fn with(first: &str, heading: &str) -> String {
    let mut lines = heading.lines();
    let (names, rule) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    format!("| {first} {names}\n| --- {rule}\n")
}

fn row(first: &str, figures: &Figures) -> String {
    let tally = &figures.tally;
    let wait = figures.answer_wait_s.map_or("–".to_owned(), |wait| format!("{wait:.1} s"));
    let occupancy =
        figures.occupancy.map_or("–".to_owned(), |share| format!("{:.1} %", share * 100.0));
    format!(
        "| {first} | {} | {} | {} | {} | {} | {} | {wait} | {:.1} | {occupancy} |\n",
        tally.requests,
        tally.answered,
        percent(tally.connection_rate()),
        tally.answered_in_time,
        percent(tally.in_time_of_requests()),
        figures.not_answered,
        figures.agents,
    )
}

/// To two decimals, cut off and not rounded: 94.999 % must not read as 95 %.
pub(crate) fn percent(rate: Rate) -> String {
    if rate.whole == 0 {
        return "–".to_owned();
    }
    let hundredths = u128::from(rate.part) * 10_000 / u128::from(rate.whole);
    format!("{}.{:02} %", hundredths / 100, hundredths % 100)
}

pub(super) fn shown(at: Timestamp, form: &[BorrowedFormatItem<'_>]) -> String {
    at.to_local().format(form).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_never_shown_higher_than_it_is() {
        assert_eq!(percent(Rate { part: 94_999, whole: 100_000 }), "94.99 %");
        assert_eq!(percent(Rate { part: 1, whole: 1 }), "100.00 %");
        assert_eq!(percent(Rate::default()), "–");
    }
}
