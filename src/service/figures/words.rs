//! The figures in Chinese, with their formulas, for pages and files.

use figures::{ExclusionKind, Goal, Reading};

/// Name and formula of a reading, in the words of `domain.md` 3.1.
pub(super) const fn reading(reading: Reading) -> (&'static str, &'static str) {
    match reading {
        Reading::Strict => ("15秒接通率（占请求，严格口径 K2b）", "15秒内接通数 ÷ 人工请求量"),
        Reading::National => ("接通率（国标口径 K1）", "接通数 ÷ 人工请求量"),
        Reading::NationalInTime => ("15秒接通率（占接通，K2a）", "15秒内接通数 ÷ 接通数"),
        Reading::Seed => ("接通率（任务书口径 K1s）", "接通数 ÷ 人工请求量"),
        Reading::SeedInTime => ("15秒内接听（任务书口径 K2，逐通）", "15秒内接通数 ÷ 接通数"),
        Reading::Within30 => ("30秒接通率（K3）", "30秒内接通数 ÷ 人工请求量"),
        Reading::CiscoNegative => {
            ("服务水平（思科，放弃算未达标）", "15秒内接通数 ÷（人工请求量 − 满队拒入数）")
        }
        Reading::CiscoIgnore => (
            "服务水平（思科，不计早放弃）",
            "15秒内接通数 ÷（人工请求量 − 满队拒入数 − 15秒内放弃数）",
        ),
        Reading::CiscoPositive => (
            "服务水平（思科，早放弃算达标）",
            "（15秒内接通数 + 15秒内放弃数）÷（人工请求量 − 满队拒入数）",
        ),
        Reading::Asterisk => ("服务水平（Asterisk）", "15秒内接通且已结束数 ÷ 已结束的接通数"),
        Reading::AsteriskWithAbandons => (
            "服务水平（Asterisk，含放弃）",
            "（15秒内接通且已结束数 + 15秒内放弃数）÷（已结束的接通数 + 放弃数 − 满队拒入数）",
        ),
    }
}

/// What a reading must reach.
pub(super) fn goal(goal: Goal) -> String {
    match goal {
        Goal::AtLeast(percent) => format!("不低于 {percent}%"),
        Goal::Above(percent) => format!("高于 {percent}%"),
    }
}

pub(super) const fn exclusion_kind(kind: ExclusionKind) -> &'static str {
    match kind {
        ExclusionKind::SuddenEvent => "突发事件",
        ExclusionKind::SystemFault => "系统故障",
        ExclusionKind::DemandAboveCapacity => "来电超出席位能力",
    }
}

/// Name and formula of a figure of [`figures::Line`]; the formula of a plain count is empty.
pub(super) fn figure(name: &str) -> (String, &'static str) {
    if let Some(found) = Reading::ALL.into_iter().find(|reading| reading.figure() == name) {
        let (name, formula) = reading(found);
        return (name.to_owned(), formula);
    }
    if let Some(&(_, words, formula)) = FIGURES.iter().find(|(figure, ..)| *figure == name) {
        return (words.to_owned(), formula);
    }
    for (start, words) in SPREADS {
        if let Some(rank) = name.strip_prefix(start).and_then(|rest| rest.strip_prefix('_'))
            && let Some((_, rank, formula)) = RANKS.iter().find(|(end, ..)| *end == rank)
        {
            return (format!("{words}{rank}"), formula);
        }
    }
    (name.to_owned(), "")
}

const FIGURES: [(&str, &str, &str); 77] = [
    ("requests", "人工请求量", ""),
    ("answered", "接通数", ""),
    ("answered_15s", "15秒内接通数", ""),
    ("answered_30s", "30秒内接通数", ""),
    ("short_abandons", "5秒内放弃数", ""),
    ("abandoned", "放弃数", ""),
    ("abandoned_15s", "15秒内放弃数", ""),
    ("abandoned_with_number", "可回拨的放弃数", ""),
    ("blocked", "满队拒入数", ""),
    ("open", "等待已超15秒、尚未接通数", ""),
    ("ended", "已结束的接通数", ""),
    ("ended_15s", "15秒内接通且已结束数", ""),
    ("cut_short", "我方5秒内结束的通话数", ""),
    ("returned_to_queue", "通话中断线、转回排队次数", ""),
    ("taken_over", "断线后由他席接续次数", ""),
    ("k1a", "调整接通率（K1a，仅供参考）", "接通数 ÷（人工请求量 − 5秒内放弃数）"),
    ("abandon_rate", "放弃率", "放弃数 ÷ 人工请求量"),
    (
        "k1_worst_24h",
        "连续24小时接通率最低值（K1）",
        "任一连续24小时内 接通数 ÷ 人工请求量，每5分钟计一次",
    ),
    ("k1_worst_24h_until", "最低值所在24小时的结束时间", ""),
    ("time_ready", "就绪时长", ""),
    ("time_warned", "未接提醒时长", ""),
    ("time_ringing", "振铃时长", ""),
    ("time_talking", "通话时长", ""),
    ("time_outbound", "外呼时长", ""),
    ("time_wrap_up", "话后处理时长", ""),
    ("occupancy", "占用率", "（振铃 + 通话 + 外呼 + 话后处理）÷（前者 + 就绪）"),
    ("offers_made", "派给次数", ""),
    ("offers_lapsed", "振铃未接次数", ""),
    ("offers_refused", "拒接次数", ""),
    ("offers_failed", "话机故障次数", ""),
    ("offers_withdrawn", "撤回次数", ""),
    ("returns_owed", "应回拨号码数", ""),
    ("returns_missed_calls", "应回拨的漏接来电数", ""),
    ("returns_redialled", "市民再次来电并接通数", ""),
    ("returns_tried", "已拨未通数", ""),
    ("returns_open", "未回拨数", ""),
    ("returns_running", "未回拨但未到期数", ""),
    ("k12", "漏接回拨率（K12）", "已回拨号码数 ÷ 应回拨号码数"),
    (
        "k12_in_time",
        "漏接2小时回拨率（K12）",
        "日间2小时内已回拨号码数 ÷（应回拨号码数 − 未到期数）",
    ),
    (
        "returns_settled",
        "漏接后已通话率（仅供参考）",
        "（已回拨 + 市民再次来电并接通）÷ 应回拨号码数",
    ),
    ("k4", "拨测接通率（K4）", "拨测接通次数 ÷ 拨测次数"),
    ("connected_15s", "拨测15秒内接通次数", ""),
    ("contradicted", "与本系统记录不符的拨测次数", ""),
    ("abandoned_by_hung_up", "放弃：来电人挂断", ""),
    ("abandoned_by_vanished", "放弃：来电中断", ""),
    ("abandoned_by_fault", "放弃：对端故障", ""),
    ("abandoned_by_gateway_lost", "放弃：网关中断", ""),
    ("abandoned_by_queue_full", "放弃：排队已满", ""),
    ("abandoned_by_queue_callback", "放弃：按键改为回呼", ""),
    ("abandoned_by_repaired", "放弃：系统自行修正", ""),
    ("abandoned_from_0s", "放弃：等待不足5秒", ""),
    ("abandoned_from_5s", "放弃：等待5至15秒", ""),
    ("abandoned_from_15s", "放弃：等待15至30秒", ""),
    ("abandoned_from_30s", "放弃：等待30至60秒", ""),
    ("abandoned_from_60s", "放弃：等待60至120秒", ""),
    ("abandoned_from_120s", "放弃：等待120秒以上", ""),
    ("time_not_ready_signed_in", "示忙时长：刚签入", ""),
    ("time_not_ready_busy", "示忙时长：忙碌", ""),
    ("time_not_ready_meal", "示忙时长：用餐", ""),
    ("time_not_ready_rest", "示忙时长：小休", ""),
    ("time_not_ready_training", "示忙时长：培训", ""),
    ("time_not_ready_meeting", "示忙时长：会议", ""),
    ("time_not_ready_no_answer", "示忙时长：连续未接", ""),
    ("time_not_ready_device_failed", "示忙时长：话机故障", ""),
    ("time_not_ready_device_lost", "示忙时长：话机掉线", ""),
    ("time_not_ready_not_proved", "示忙时长：耳机未检测", ""),
    ("time_not_ready_microphone_silent", "示忙时长：麦克风无声", ""),
    ("time_not_ready_no_media", "示忙时长：收不到声音", ""),
    ("time_not_ready_micro_break", "示忙时长：系统安排的小休", ""),
    ("screened", "名单拦截来电数（不计入请求）", ""),
    ("screened_let_in", "名单拦截后按紧急键接入数", ""),
    ("queue_callback_promised", "排队回呼登记数（均计为放弃）", ""),
    ("queue_callback_kept", "排队回呼接通数（不计为接通）", ""),
    ("queue_callback_redialled", "排队回呼前市民再次来电数", ""),
    ("queue_callback_in_vain", "排队回呼未成、转漏接回拨数", ""),
    ("redial_places_kept", "重拨保留原排位来电数", ""),
    ("surge_notices_played", "听到突发事件提示的来电数", ""),
];

/// Starts of names whose rest is a rank.
const SPREADS: [(&str, &str); 5] = [
    ("wait", "接通等待"),
    ("before_ring", "振铃前"),
    ("talk", "通话"),
    ("abandoned_wait", "放弃前等待"),
    ("pick_up", "座席摘机"),
];

const RANKS: [(&str, &str, &str); 5] = [
    ("mean", "平均时长", "时长合计 ÷ 次数"),
    ("p50", "中位数", "不少于50%的时长不超过此值"),
    ("p90", "90%分位", "不少于90%的时长不超过此值"),
    ("p95", "95%分位", "不少于95%的时长不超过此值"),
    ("max", "最长", ""),
];

#[cfg(test)]
mod tests {
    use acd::{AbandonCause, BreakReason, NotReadyReason};
    use figures::{AsOf, Ledger, Period, Sources, report};

    use super::*;
    use crate::testing::names::{names, names_of};

    fn is_chinese(text: &str) -> bool {
        text.chars().any(|letter| ('\u{4e00}'..='\u{9fff}').contains(&letter))
    }

    #[test]
    fn every_kind_of_figure_has_chinese_words() {
        for (name, expected) in [
            ("k2b_strict", "15秒接通率（占请求，严格口径 K2b）"),
            ("wait_mean", "接通等待平均时长"),
            ("abandoned_wait_p95", "放弃前等待95%分位"),
            ("time_not_ready_meal", "示忙时长：用餐"),
            ("abandoned_from_120s", "放弃：等待120秒以上"),
            ("requests", "人工请求量"),
        ] {
            assert_eq!(figure(name).0, expected);
        }
        assert_eq!(figure("k1_national").1, "接通数 ÷ 人工请求量");
    }

    #[test]
    fn a_cause_or_a_reason_that_is_added_needs_words() {
        let causes = names::<AbandonCause>().into_iter().map(|it| format!("abandoned_by_{it}"));
        let breaks = names::<BreakReason>();
        let reasons = names_of::<NotReadyReason>("reason").into_iter().filter(|it| it != "break");
        let reasons = reasons.chain(breaks).map(|it| format!("time_not_ready_{it}"));
        for name in causes.chain(reasons) {
            assert!(is_chinese(&figure(&name).0), "{name} has no Chinese words in FIGURES");
        }
    }

    #[test]
    fn every_figure_of_a_report_has_words() {
        let ledger = Ledger::new(Vec::new());
        let sources = Sources {
            ledger: &ledger,
            exclusions: &[],
            dial_attempts: &[],
            daytime: figures::Daytime::default(),
        };
        let (from, until) = ("2026-02-12T00:00:00+08:00", "2026-02-13T00:00:00+08:00");
        let period = Period::new(from.parse().unwrap(), until.parse().unwrap()).unwrap();
        let as_of = AsOf { events: figures::EventNumber::default(), at: until.parse().unwrap() };
        let lines = report(&sources, period, &as_of).lines();
        assert!(lines.len() > 60, "{}", lines.len());
        for line in lines {
            assert!(is_chinese(&figure(&line.figure).0), "{} has no words", line.figure);
        }
    }
}
