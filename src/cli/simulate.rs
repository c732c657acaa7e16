//! `hotline simulate`: days of a hotline through the real distributor, before living them.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use flate2::read::MultiGzDecoder;
use simulation::{
    BuiltIn, CallLog, Columns, Comparison, Days, Played, Progress, Report, play, play_log,
};

use super::policy;
use super::progress::Bar;
use crate::clock::Stopwatch;
use crate::config::Config;

/// Largest call log that is read, unpacked: some ten million calls.
const LOG_BYTES_MAX: u64 = 2 << 30;

/// What shall be played.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    /// 情景：county（县，一个月）、city（市，一周）、beijing（北京，一天），或自己的情景文件（TOML）
    #[arg(value_name = "情景", default_value = "county")]
    scenario: String,
    /// 话务记录（CSV，可用 gzip 压缩为 .gz）：来电取自记录，情景只提供人员、习惯与耐心
    #[arg(long, value_name = "文件")]
    log: Option<PathBuf>,
    /// 另一份配置文件：用它的 [acd] 与现行配置并排比较，两者面对同一批来电
    #[arg(long, value_name = "配置文件")]
    against: Option<PathBuf>,
    /// 报告存放的目录
    #[arg(long, value_name = "目录", default_value = "simulation")]
    out: PathBuf,
    /// 推演几天，代替情景中的 days
    #[arg(long, value_name = "天数")]
    days: Option<u32>,
    /// 随机种子，代替情景中的 seed：同一种子得到同样的日子
    #[arg(long, value_name = "种子")]
    seed: Option<u64>,
    /// 比较时推演几组随机种子：两组以上才能判断差别是否出于偶然
    #[arg(long, value_name = "组数", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=100))]
    repeat: u64,
    /// 只把情景文件写到标准输出，供复制修改
    #[arg(long)]
    show: bool,
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
pub(super) fn run(config: &Config, wish: &Simulate) -> anyhow::Result<()> {
    let text = scenario_text(&wish.scenario)?;
    if wish.show {
        print!("{text}");
        return Ok(());
    }
    let mut days = days_of(&wish.scenario, &text)?;
    if let Some(count) = wish.days {
        days.days = count;
        // What happens on days that are not played is left out with them.
        days.events.retain(|event| event.day <= count);
        days.faults.gateway_outages.retain(|outage| outage.day <= count);
    }
    days.seed = wish.seed.unwrap_or(days.seed);
    let log = wish.log.as_deref().map(read_log).transpose()?;
    if let Some(log) = &log {
        tell_log(log);
        // A log has its own callers and its own days.
        days.events.clear();
        days.faults.gateway_outages.clear();
    }
    let table = Table { wish, log };
    match &wish.against {
        None => table.alone(&table.under(&days, &config.acd)?),
        Some(file) => table.compared(&days, &config.acd, file),
    }
}

fn scenario_text(name: &str) -> anyhow::Result<String> {
    if let Some(built_in) = BuiltIn::named(name) {
        return Ok(built_in.text().to_owned());
    }
    std::fs::read_to_string(name).with_context(|| {
        let known: Vec<&str> = BuiltIn::ALL.iter().map(|it| it.name()).collect();
        format!("找不到情景“{name}”：请写 {} 之一，或情景文件的路径", known.join("、"))
    })
}

fn days_of(name: &str, text: &str) -> anyhow::Result<Days> {
    Days::from_toml(text).map_err(|error| {
        let place = Days::line_of(text, &error);
        let place = place.map_or(String::new(), |line| format!(" 第 {line} 行"));
        anyhow::anyhow!("情景 {name}{place}：{error}")
    })
}

/// The calls of a table that a telephone system has written; which system, its heading tells.
fn read_log(file: &Path) -> anyhow::Result<CallLog> {
    let at = || format!("话务记录 {}", file.display());
    let open = std::fs::File::open(file).with_context(|| format!("{}打不开", at()))?;
    let packed = file.extension().is_some_and(|extension| extension == "gz");
    let mut bytes = Vec::new();
    let read = if packed {
        MultiGzDecoder::new(open).take(LOG_BYTES_MAX).read_to_end(&mut bytes)
    } else {
        open.take(LOG_BYTES_MAX).read_to_end(&mut bytes)
    };
    read.with_context(|| match packed {
        true => format!("{}不是有效的 gzip 文件，或已损坏", at()),
        false => format!("{}读不出来", at()),
    })?;
    if bytes.len() as u64 == LOG_BYTES_MAX {
        bail!("{}超过 2 GiB：请分成几个文件", at());
    }
    let heading = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let of_bank = String::from_utf8_lossy(heading).contains("vru_exit");
    let columns = if of_bank { Columns::anonymous_bank() } else { Columns::default() };
    CallLog::read(bytes.as_slice(), &columns).with_context(at)
}

#[expect(clippy::print_stderr, reason = "what was left out is said before it is played")]
fn tell_log(log: &CallLog) {
    eprintln!("话务记录：{} 个来电；情景中的事件与网关中断不适用，已略去", log.calls.len());
    if log.left_out > 0 {
        eprintln!("{} 行是测试记录，已略去", log.left_out);
    }
    if log.unreadable > 0 {
        eprintln!("{} 行读不懂，已略去：", log.unreadable);
        log.shown.iter().for_each(|row| eprintln!("  第 {} 行：{}", row.line, row.why));
    }
}

/// Days on the table, and the calls they are played with.
struct Table<'a> {
    wish: &'a Simulate,
    log: Option<CallLog>,
}

impl Table<'_> {
    /// The days under a policy; what the scenario says of the distributor itself goes before it.
    fn under(&self, days: &Days, acd: &acd::Config) -> anyhow::Result<Days> {
        let mut distributor = policy::table_of(acd)?;
        distributor.extend(days.distributor.clone());
        let days = Days { distributor, ..days.clone() };
        days.check().map_err(|error| anyhow::anyhow!("{error}"))?;
        Ok(days)
    }

    fn play(&self, days: &Days, what: &str) -> anyhow::Result<Played> {
        let bar = Bar::new(what);
        let mut told = |progress: Progress| {
            let local = progress.at.to_local();
            let clock = format!("{} {:02}:{:02}", local.date(), local.hour(), local.minute());
            bar.tell(progress.share, format!("{clock}  {} 个来电", progress.calls));
        };
        let played = match &self.log {
            None => play(days, &mut told),
            Some(log) => play_log(days, log, &mut told),
        };
        played.map_err(|error| anyhow::anyhow!("{error}"))
    }

    #[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
    fn alone(&self, days: &Days) -> anyhow::Result<()> {
        let watch = Stopwatch::start();
        let played = self.play(days, "推演")?;
        let report = Report::of(&played);
        write_report(&self.wish.out, &report)?;
        println!("{}", report.markdown());
        println!("{}", ended(&watch, played.outcome.requests));
        println!("报告：{}", self.wish.out.join("report.html").display());
        Ok(())
    }

    #[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
    fn compared(&self, days: &Days, acd: &acd::Config, file: &Path) -> anyhow::Result<()> {
        let other = policy::acd_of(file)?;
        let (old, new) = (policy::table_of(acd)?, policy::table_of(&other)?);
        let mut changed = policy::changed(&old, &new).into_iter();
        if let Some(key) = changed.find(|key| days.distributor.contains_key(key)) {
            bail!(
                "情景的 [distributor] 已写定 {key}，两份配置在这一项上的差别不会显现：请从情景中删去这一项"
            );
        }
        let watch = Stopwatch::start();
        let mut comparison = Comparison::default();
        let mut calls = 0;
        for number in 0..self.wish.repeat {
            let days = Days { seed: days.seed.wrapping_add(number), ..days.clone() };
            let group = |name: &str| format!("{name} {}/{}", number + 1, self.wish.repeat);
            let was = self.play(&self.under(&days, acd)?, &group("现行配置"))?;
            let would = self.play(&self.under(&days, &other)?, &group("新配置"))?;
            let reports = [Report::of(&was), Report::of(&would)];
            if number == 0 {
                write_report(&self.wish.out.join("current"), &reports[0])?;
                write_report(&self.wish.out.join("against"), &reports[1])?;
            }
            calls += was.outcome.requests + would.outcome.requests;
            comparison.add([
                (&was.ledger.calls, &was.outcome, &reports[0]),
                (&would.ledger.calls, &would.outcome, &reports[1]),
            ]);
        }
        let names = ["现行配置", "新配置"];
        let told = policy::told(&old, &new);
        let text = comparison.markdown(&days.title, names, &told);
        let html = comparison.html(&days.title, names, &told);
        let out = &self.wish.out;
        write(&out.join("comparison.md"), &text)?;
        write(&out.join("comparison.html"), &html)?;
        println!("{text}");
        println!("{}", ended(&watch, calls));
        println!("报告：{}", out.join("comparison.html").display());
        Ok(())
    }
}

fn ended(watch: &Stopwatch, calls: u64) -> String {
    format!("推演了 {calls} 个来电，用时 {:.1} 秒", watch.elapsed().as_secs_f64())
}

/// Text, page, data and pictures of one report.
fn write_report(folder: &Path, report: &Report) -> anyhow::Result<()> {
    write(&folder.join("report.md"), &report.markdown())?;
    write(&folder.join("report.html"), &report.html())?;
    write(&folder.join("report.json"), &serde_json::to_string_pretty(report)?)?;
    for picture in report.plots() {
        write(&folder.join(format!("{}.svg", picture.name)), &picture.svg)?;
    }
    Ok(())
}

/// Writes a file, its folder made where it is missing.
pub(super) fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let written = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    written.and_then(|()| std::fs::write(path, text)).with_context(|| {
        format!("写不了 {}：请换一个目录（--out），或腾出磁盘空间", path.display())
    })
}
