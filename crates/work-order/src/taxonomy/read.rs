//! Reading `taxonomy.csv`.

use std::collections::BTreeMap;

use types::{CategoryCode, UnitCode};

use super::{AssistRule, LeadRule, Leaf};
use crate::Units;
use crate::table::{Faults, Report, Row, rows};

const COLUMNS: &[&str] = &[
    "code",
    "level1",
    "level2",
    "level3",
    "lead",
    "assist",
    "urgency",
    "urgent_words",
    "confidential_reports",
    "towns_forbidden",
    "route",
    "profile",
    "keywords",
];

pub(super) fn leaves(
    file: &str,
    text: &str,
    units: &Units,
) -> Result<BTreeMap<CategoryCode, Leaf>, Faults> {
    let mut report = Report::new(file);
    let mut leaves: BTreeMap<CategoryCode, Leaf> = BTreeMap::new();
    for row in rows(text, COLUMNS, &mut report) {
        let Some(leaf) = read_leaf(&row, units, &mut report) else { continue };
        check_labels(&row, &leaf, &leaves, &mut report);
        if leaves.insert(leaf.code.clone(), leaf).is_some() {
            report.add(row.line, format!("分类编码 {} 重复，请只保留一行", row.get("code")));
        }
    }
    report.finish(leaves)
}

fn read_leaf(row: &Row, units: &Units, report: &mut Report<'_>) -> Option<Leaf> {
    let code = read_code(row, report);
    let lead = read_lead(row, units, report);
    let assist = row
        .list("assist")
        .filter_map(|text| match text {
            "town_of_place" => Some(AssistRule::TownOfPlace),
            "matter_unit" => Some(AssistRule::MatterUnit),
            "all_units" => Some(AssistRule::AllUnits),
            code => known_unit(code, "协办单位", row, units, report)
                .map(|unit| AssistRule::Unit { unit }),
        })
        .collect();
    let urgency = report.take(row.line, row.get("urgency").parse());
    let confidential_reports = flag("confidential_reports", row, report);
    let towns_forbidden = flag("towns_forbidden", row, report);
    let route = report.take(row.line, row.get("route").parse());
    let profile = report.take(row.line, row.get("profile").parse());
    for column in ["level1", "level2", "level3"] {
        if row.get(column).is_empty() {
            report.add(row.line, format!("{column} 不能为空，请填写名称"));
        }
    }
    Some(Leaf {
        code: code?,
        level1: row.get("level1").to_owned(),
        level2: row.get("level2").to_owned(),
        level3: row.get("level3").to_owned(),
        lead: lead?,
        assist,
        urgency: urgency?,
        urgent_words: row.list("urgent_words").map(str::to_owned).collect(),
        confidential_reports,
        towns_forbidden,
        route: route?,
        profile: profile?,
        keywords: row.list("keywords").map(str::to_owned).collect(),
    })
}

fn read_code(row: &Row, report: &mut Report<'_>) -> Option<CategoryCode> {
    let text = row.get("code");
    if text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return report.take(row.line, text.parse());
    }
    report.add(row.line, format!("分类编码 \"{text}\" 应为六位数字（两位一级）"));
    None
}

fn read_lead(row: &Row, units: &Units, report: &mut Report<'_>) -> Option<LeadRule> {
    if row.get("lead") == "town_of_place" {
        return Some(LeadRule::TownOfPlace);
    }
    let named: Vec<&str> = row.list("lead").collect();
    if named.is_empty() {
        report.add(row.line, "请填写主办单位编码，或 town_of_place（事发地乡镇街道）");
        return None;
    }
    let found: Vec<UnitCode> =
        named.iter().filter_map(|code| known_unit(code, "主办单位", row, units, report)).collect();
    (found.len() == named.len()).then_some(LeadRule::Unit { units: found })
}

fn known_unit(
    code: &str,
    post: &str,
    row: &Row,
    units: &Units,
    report: &mut Report<'_>,
) -> Option<UnitCode> {
    if units.knows(code) {
        return report.take(row.line, code.parse());
    }
    report.add(row.line, format!("{post} \"{code}\" 不存在，请改为 units.csv 中的编码"));
    None
}

fn flag(column: &str, row: &Row, report: &mut Report<'_>) -> bool {
    match row.get(column) {
        "1" => true,
        "0" => false,
        text => {
            report.add(row.line, format!("{column} \"{text}\" 请写 1 或 0"));
            false
        }
    }
}

/// One branch has one name.
fn check_labels(
    row: &Row,
    leaf: &Leaf,
    leaves: &BTreeMap<CategoryCode, Leaf>,
    report: &mut Report<'_>,
) {
    let Some((_, before)) = leaves.last_key_value() else { return };
    let (now, then) = (leaf.code.as_str(), before.code.as_str());
    if now.get(..2) == then.get(..2) && leaf.level1 != before.level1 {
        report.add(row.line, format!("一级分类应与上文一致：\"{}\"", before.level1));
    }
    if now.get(..4) == then.get(..4) && leaf.level2 != before.level2 {
        report.add(row.line, format!("二级分类应与上文一致：\"{}\"", before.level2));
    }
}
