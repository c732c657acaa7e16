//! `hotline replay`: a recorded journal under this build, or its calls under another configuration.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use simulation::{Recorded, Replayed, Side, chance, play_recorded, table};

use super::progress::Bar;
use super::{policy, simulate};
use crate::acd_host::replay::{self, recorded};

/// What shall be replayed.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// 日志文件，或某个中心的日志目录
    #[arg(value_name = "日志")]
    journal: PathBuf,
    /// 另一份配置文件：把日志里的来电与话务员放到它的 [acd] 之下再走一遍，并排报告
    #[arg(long, value_name = "配置文件")]
    against: Option<PathBuf>,
    /// 与 --against 一起：报告存放的目录
    #[arg(long, value_name = "目录", default_value = "replay", requires = "against")]
    out: PathBuf,
    /// 与 --against 一起：推演几组随机种子
    #[arg(long, value_name = "组数", default_value_t = 5, requires = "against", value_parser = clap::value_parser!(u64).range(1..=100))]
    repeat: u64,
}

pub(super) fn run(wish: &Replay) -> anyhow::Result<()> {
    match &wish.against {
        None => same(&wish.journal),
        Some(file) => against(wish, file),
    }
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn same(journal: &Path) -> anyhow::Result<()> {
    let found =
        replay::replay(journal).with_context(|| format!("cannot replay {}", journal.display()))?;
    println!("{found}");
    if found.first_difference.is_some() {
        bail!("this build decides otherwise");
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command answers on the terminal")]
fn against(wish: &Replay, file: &Path) -> anyhow::Result<()> {
    let new = policy::acd_of(file)?;
    let journal = &wish.journal;
    let recorded = recorded(journal, FIRST_SEED)
        .with_context(|| format!("日志 {} 读不出来", journal.display()))?;
    if recorded.calls.is_empty() {
        bail!("日志 {} 里没有来电，没有什么可以比较", journal.display());
    }
    let bar = Bar::new("重放");
    let mut first = None;
    let mut differences = Vec::new();
    for number in 0..wish.repeat {
        let share = number as f64 / wish.repeat as f64;
        bar.tell(share, format!("第 {} 组，共 {} 组", number + 1, wish.repeat));
        let seed = FIRST_SEED + number;
        let was = play_recorded(&recorded, &recorded.config, seed);
        let would = play_recorded(&recorded, &new, seed);
        let rates = |of: &Replayed| {
            let share = |rate: acd::rates::Rate| rate.part as f64 / rate.whole.max(1) as f64;
            (share(of.outcome.answered_share()), share(of.outcome.in_time_share()))
        };
        let ((k1, k2b), (k1_new, k2b_new)) = (rates(&was), rates(&would));
        differences.push((k1_new - k1, k2b_new - k2b));
        first.get_or_insert((was, would));
    }
    drop(bar);
    let Some((was, would)) = first else { return Ok(()) };
    let text = report(&recorded, &was, &would, &new, &differences)?;
    let path = wish.out.join("replay.md");
    simulate::write(&path, &text)?;
    println!("{text}\n报告：{}", path.display());
    Ok(())
}

/// The first seed: what is drawn for it is shown, the others tell what is chance.
const FIRST_SEED: u64 = 1;

fn report(
    recorded: &Recorded,
    was: &Replayed,
    would: &Replayed,
    new: &acd::Config,
    differences: &[(f64, f64)],
) -> anyhow::Result<String> {
    let (old, new) = (policy::table_of(&recorded.config)?, policy::table_of(new)?);
    let mut told = policy::told(&old, &new);
    // Whose turn of the lease it was is no policy.
    told.retain(|line| !line.starts_with("epoch："));
    let told: String = match told.as_slice() {
        [] => "- 两份配置没有差别\n".to_owned(),
        told => told.iter().map(|line| format!("- {line}\n")).collect(),
    };
    let sides = [
        Side { name: "实录", calls: &recorded.calls, outcome: &recorded.outcome },
        Side { name: "旧配置·推演", calls: &was.calls, outcome: &was.outcome },
        Side { name: "新配置·推演", calls: &would.calls, outcome: &would.outcome },
    ];
    Ok(format!(
        "# 日志换一份配置重放\n\n{} 至 {}，{} 个来电，{} 名话务员。\n\n## 配置差异\n\n{told}\n## 对比\n\n{}\n\
         ## 偶然性（新配置·推演 减 旧配置·推演）\n\n{}\n## 怎样得来，什么无从知道\n\n{}",
        recorded.begins,
        recorded.ends,
        recorded.calls.len(),
        recorded.agents,
        table(&sides),
        chance(differences),
        notes(recorded)
    ))
}

/// What the figures rest on. Who decides by them must know it.
fn notes(recorded: &Recorded) -> String {
    format!(
        "- 只有“旧配置·推演”与“新配置·推演”可以相比：两者用同一批来电、同一批人。“实录”与“旧配置·推演”之差是模型的误差，\
         新配置的推演带着同样的误差。\n\
         - 来电时刻、所拨号码、技能与优先级，话务员的上下班与休息，取自日志。\n\
         - 耐心：挂断的人等了多久就是多久；被接通的人只知道她至少等了那么久（删失），之后还能等多久按 Kaplan–Meier 估计抽取。\n\
         - 接听快慢与未应答的比例：每人按自己的记录拟合（对数正态），不足 10 次振铃的按全体；被同事先接、来电者先挂断的振铃\
         没有计入，慢的人因此略显得快。\n\
         - 通话时长取自日志；当时没有接通、现在接通的来电，按全体通话拟合抽取。话后处理按日志拟合，受新配置的时限约束。\n\
         - 外呼 {} 次按同样时长的示忙处理；话机、网络、网关的故障 {} 次没有重演。\n\
         - 无从知道：话务员在新配置下会不会换一种做法（例如话后时限变短后是否更多示忙）；接通得更快之后，重拨与回拨会少多少；\
         等候时听到的提示会不会改变耐心。\n",
        recorded.outbound, recorded.faults
    )
}
