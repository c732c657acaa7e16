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
    for (start, words) in GROUPS {
        if let Some(rest) = name.strip_prefix(start) {
            return (format!("{words}（{rest}）"), "");
        }
    }
    (name.to_owned(), "")
}

const FIGURES: [(&str, &str, &str); 52] = [
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
    ("abandoned_by_repaired", "放弃：系统自行修正", ""),
    ("abandoned_from_0s", "放弃：等待不足5秒", ""),
    ("abandoned_from_5s", "放弃：等待5至15秒", ""),
    ("abandoned_from_15s", "放弃：等待15至30秒", ""),
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

/// Starts of names whose rest tells which one.
const GROUPS: [(&str, &str); 3] = [
    ("time_not_ready_", "示忙时长"),
    ("abandoned_from_", "放弃：等待起"),
    ("abandoned_by_", "放弃"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_figure_has_chinese_words() {
        for (name, expected) in [
            ("k2b_strict", "15秒接通率（占请求，严格口径 K2b）"),
            ("wait_mean", "接通等待平均时长"),
            ("abandoned_wait_p95", "放弃前等待95%分位"),
            ("time_not_ready_meal", "示忙时长（meal）"),
            ("abandoned_from_120s", "放弃：等待起（120s）"),
            ("requests", "人工请求量"),
        ] {
            assert_eq!(figure(name).0, expected);
        }
        assert_eq!(figure("k1_national").1, "接通数 ÷ 人工请求量");
    }
}
