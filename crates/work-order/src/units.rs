//! Handling units of the county (domain 16.1) and the accounts of the sample.
//!
//! Owns: `units.csv` and `users.csv`. Must not do: hold passwords.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{SkillCode, UnitCode};

use crate::table::{Faults, Report, Row, rows};
use crate::{Duty, Role, UnitKind};

/// 承办单位.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unit {
    pub code: UnitCode,
    pub name: String,
    pub short_name: String,
    pub kind: UnitKind,
    /// The unit it belongs to (`U06T` to `U06`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<UnitCode>,
}

/// All units, by code.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Units(BTreeMap<UnitCode, Unit>);

const UNIT_COLUMNS: &[&str] = &["code", "name", "short_name", "kind", "parent"];

impl Units {
    /// Reads `units.csv`.
    ///
    /// # Errors
    /// Every faulty line; the file is refused whole.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let mut report = Report::new(file);
        let table = rows(text, UNIT_COLUMNS, &mut report);
        let mut units = Self::default();
        for row in &table {
            let Some(unit) = read_unit(row, &mut report) else { continue };
            if let Some(before) = units.0.insert(unit.code.clone(), unit) {
                report.add(row.line, format!("单位编码 {} 重复，请只保留一行", before.code));
            }
        }
        for row in &table {
            let parent = row.get("parent");
            if !parent.is_empty() && !units.knows(parent) {
                report.add(row.line, format!("上级单位 \"{parent}\" 不存在，请改为本文件中的编码"));
            }
        }
        report.finish(units)
    }

    #[must_use]
    pub fn get(&self, code: &UnitCode) -> Option<&Unit> {
        self.0.get(code)
    }

    /// Every unit, in order of code.
    pub fn iter(&self) -> impl Iterator<Item = &Unit> {
        self.0.values()
    }

    pub(crate) fn knows(&self, code: &str) -> bool {
        code.parse().is_ok_and(|code| self.0.contains_key(&code))
    }

    /// Two accounts of every unit: `u14.contact` and `u14.leader` (sample data).
    pub fn accounts(&self) -> impl Iterator<Item = UserSeed> + '_ {
        self.iter().flat_map(|unit| {
            let contact = match unit.kind {
                UnitKind::Town => Role::TownDesk,
                UnitKind::Department | UnitKind::Company => Role::UnitContact,
            };
            [("contact", "联络员", contact), ("leader", "负责人", Role::UnitLeader)].map(
                |(post, label, role)| UserSeed {
                    username: format!("{}.{post}", unit.code.as_str().to_ascii_lowercase()),
                    display_name: format!("{}{label}", unit.short_name),
                    roles: vec![role],
                    unit: Some(unit.code.clone()),
                    duty: Duty::Regular,
                    skills: Vec::new(),
                },
            )
        })
    }
}

fn read_unit(row: &Row, report: &mut Report<'_>) -> Option<Unit> {
    let code = report.take(row.line, row.get("code").parse());
    let kind = report.take(row.line, row.get("kind").parse());
    let parent = match row.get("parent") {
        "" => Some(None),
        text => report.take(row.line, text.parse()).map(Some),
    };
    let (name, short_name) = (row.get("name"), row.get("short_name"));
    if name.is_empty() || short_name.is_empty() {
        report.add(row.line, "请填写单位全称和简称");
    }
    Some(Unit {
        code: code?,
        name: name.to_owned(),
        short_name: short_name.to_owned(),
        kind: kind?,
        parent: parent?,
    })
}

/// An account to be created for the sample county; no password here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSeed {
    pub username: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub unit: Option<UnitCode>,
    pub duty: Duty,
    /// Skills for call distribution; empty for people who take no calls.
    pub skills: Vec<SkillCode>,
}

const USER_COLUMNS: &[&str] = &["username", "display_name", "roles", "unit", "duty", "skills"];

/// Reads `users.csv`: the people of the centre; accounts of units come from [`Units::accounts`].
///
/// # Errors
/// Every faulty line; the file is refused whole.
pub fn parse_users(file: &str, text: &str, units: &Units) -> Result<Vec<UserSeed>, Faults> {
    let mut report = Report::new(file);
    let mut users: Vec<UserSeed> = Vec::new();
    for row in rows(text, USER_COLUMNS, &mut report) {
        let Some(user) = read_user(&row, units, &mut report) else { continue };
        if users.iter().any(|one| one.username == user.username) {
            report.add(row.line, format!("用户名 {} 重复，请只保留一行", user.username));
        }
        users.push(user);
    }
    report.finish(users)
}

fn read_user(row: &Row, units: &Units, report: &mut Report<'_>) -> Option<UserSeed> {
    let (username, display_name) = (row.get("username"), row.get("display_name"));
    if username.is_empty() || display_name.is_empty() {
        report.add(row.line, "请填写用户名和姓名");
    }
    let roles: Vec<Role> =
        row.list("roles").filter_map(|text| report.take(row.line, text.parse())).collect();
    if roles.is_empty() {
        report.add(row.line, "请至少填写一个岗位");
    }
    let skills =
        row.list("skills").filter_map(|text| report.take(row.line, text.parse())).collect();
    let unit = match row.get("unit") {
        "" => None,
        text if units.knows(text) => report.take(row.line, text.parse()),
        text => {
            report.add(row.line, format!("单位 \"{text}\" 不存在，请改为 units.csv 中的编码"));
            None
        }
    };
    let duty = report.take(row.line, row.get("duty").parse())?;
    Some(UserSeed {
        username: username.to_owned(),
        display_name: display_name.to_owned(),
        roles,
        unit,
        duty,
        skills,
    })
}
