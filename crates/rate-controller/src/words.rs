//! Decisions and figures in Chinese, for the supervisor's page.

use types::Timestamp;

use crate::decision::{Calm, Decision, Need, What};
use crate::effect::Effect;
use crate::lever::LeverId;
use crate::outlook::{Aim, AimOutlook, Outlook};

/// The lever's name.
#[must_use]
pub const fn lever(lever: LeverId) -> &'static str {
    match lever {
        LeverId::ShortenWrapUp => "缩短话后处理",
        LeverId::SuspendTraining => "暂停培训小休",
        LeverId::CallUpReserve => "召集后备座席",
        LeverId::OfferCallback => "提供排队回呼",
        LeverId::SurgeAnnouncement => "播放热点事件提示",
    }
}

/// One sentence: what is decided and why.
#[must_use]
pub fn decision(decision: &Decision) -> String {
    let name = lever(decision.lever);
    match &decision.what {
        What::Pull(because) => format!("已{name}：{}。", need(because)),
        What::Undo(because) => format!("已停止“{name}”：{}。", calm(because)),
        What::AdvisePull(because) => format!("建议{name}：{}。", need(because)),
        What::AdviseUndo(because) => format!("建议停止“{name}”：{}。", calm(because)),
        What::WithdrawPull(because) => format!("撤回建议“{name}”：{}。", calm(because)),
        What::WithdrawUndo(because) => {
            format!("撤回停止“{name}”的建议：{}。", need(because))
        }
        What::PulledByPerson => format!("值班人员决定{name}。"),
        What::UndoneByPerson => format!("值班人员决定停止“{name}”。"),
        What::Declined => format!("值班人员未采纳关于“{name}”的建议。"),
        What::Measured(measured) => format!("“{name}”的效果：{}。", effect(measured)),
    }
}

fn need(need: &Need) -> String {
    match need {
        Need::TargetInDanger { aim: of, spare_calls, missed_at, saves_calls } => {
            let name = aim(*of);
            let danger = match missed_at {
                Some(at) => {
                    format!("按目前趋势，24小时{name}在{}跌破目标", clock(*at))
                }
                None => {
                    format!("24小时{name}余量仅{}通", (*spare_calls).max(0))
                }
            };
            format!("{danger}，此举预计可少流失{saves_calls}通")
        }
        Need::LosingNow { lost_permille, saves_calls } => format!(
            "未来一段时间预计流失{}的来电，此举预计可少流失{saves_calls}通",
            percent(*lost_permille)
        ),
    }
}

fn calm(calm: &Calm) -> String {
    match calm {
        Calm::HoldsWithout { lost_permille, spare_calls } => format!(
            "不采取此举预计只流失{}的来电，接通率余量{spare_calls}通",
            percent(*lost_permille)
        ),
        Calm::HelpsNoMore { .. } => "目前已几乎没有作用".to_owned(),
    }
}

fn effect(of: &Effect) -> String {
    format!(
        "{}至{}请求{}通，流失{}通（模型估计不采取时{}通），平均等待{}（不采取时{}）",
        clock(of.from),
        clock(of.until),
        of.requests,
        of.lost,
        of.lost_without,
        wait(of.mean_wait_ms),
        wait(of.mean_wait_without_ms)
    )
}

/// The lines of the page, the most important first.
#[must_use]
pub fn outlook(of: &Outlook) -> Vec<String> {
    let mut lines: Vec<String> = of.aims.iter().map(aim_line).collect();
    if let Some(best) = of.helps_most() {
        let saves = of.levers.iter().find(|of| of.lever == best).map_or(0, |of| of.saves_calls);
        lines.push(format!("目前最有效的措施：{}，预计可少流失{saves}通。", lever(best)));
    }
    lines.push(format!(
        "来电为预测的{}%，在线座席为排班的{}%，近期预计{}通中流失{}通。",
        of.demand_percent, of.presence_percent, of.near_calls, of.near_lost
    ));
    if of.reach_percent < 95 {
        lines.push(format!(
            "中继疑似中断：约{}%的来电未能到达，这些来电不计入接通率，恢复后可能集中重拨。",
            100 - of.reach_percent
        ));
    }
    lines
}

fn aim_line(of: &AimOutlook) -> String {
    let (part, whole) = (u128::from(of.now.part), u128::from(of.now.whole));
    let hundredths = (part * 10_000).checked_div(whole).unwrap_or(10_000);
    let now = format!("{}.{:02}%", hundredths / 100, hundredths % 100);
    let (what, name) = match of.aim {
        Aim::Answered => ("流失", aim(of.aim)),
        Aim::InTime => ("超时或流失", aim(of.aim)),
    };
    let spare = if of.may_miss_now < 0 {
        "已低于目标".to_owned()
    } else {
        format!("还可{what}{}通", of.may_miss_now)
    };
    let ahead = match of.missed_at {
        Some(_) if of.may_miss_now < 0 => String::new(),
        Some(at) => format!("，按目前趋势将在{}跌破目标", clock(at)),
        None => "，按目前趋势24小时内不会跌破目标".to_owned(),
    };
    let worst = format!("，预计最低{}（{}）", percent(of.worst_permille), clock(of.worst_at));
    format!("24小时{name}{now}，{spare}{ahead}{worst}。")
}

const fn aim(of: Aim) -> &'static str {
    match of {
        Aim::Answered => "接通率",
        Aim::InTime => "15秒接通率",
    }
}

fn percent(permille: u32) -> String {
    format!("{}.{}%", permille / 10, permille % 10)
}

fn wait(ms: u64) -> String {
    format!("{}.{}秒", ms / 1_000, ms % 1_000 / 100)
}

/// Day and time of day in Shanghai.
fn clock(at: Timestamp) -> String {
    let local = at.to_local();
    format!("{}日{:02}:{:02}", local.day(), local.hour(), local.minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use acd::rates::Rate;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_decision_says_what_and_why() {
        let need = Need::TargetInDanger {
            aim: Aim::Answered,
            spare_calls: -12,
            missed_at: Some(at("2026-07-01T16:30:00+08:00")),
            saves_calls: 31,
        };
        let of = Decision {
            at: at("2026-07-01T14:00:00+08:00"),
            lever: LeverId::CallUpReserve,
            what: What::AdvisePull(need),
        };
        assert_eq!(
            decision(&of),
            "建议召集后备座席：按目前趋势，24小时接通率在1日16:30跌破目标，此举预计可少流失31通。"
        );
        let calm = Calm::HoldsWithout { lost_permille: 21, spare_calls: 40 };
        let undo = Decision { what: What::Undo(calm), ..of };
        assert_eq!(
            decision(&undo),
            "已停止“召集后备座席”：不采取此举预计只流失2.1%的来电，接通率余量40通。"
        );
    }

    #[test]
    fn the_page_says_how_many_calls_may_still_be_lost() {
        let now = at("2026-07-01T14:00:00+08:00");
        let of = AimOutlook {
            aim: Aim::Answered,
            now: Rate { part: 967, whole: 980 },
            may_miss_now: 37,
            may_miss_until_worst: 45,
            worst_at: now,
            worst_permille: 948,
            missed_at: Some(now),
        };
        assert_eq!(
            aim_line(&of),
            "24小时接通率98.67%，还可流失37通，按目前趋势将在1日14:00跌破目标，预计最低94.8%（1日14:00）。"
        );
    }
}
