//! What a person may be in a centre (`domain.md` section 11).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that names no role.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("没有岗位 \"{0}\"，请改为其中之一：{list}", list = names())]
pub struct RoleError(String);

fn names() -> String {
    Role::ALL.iter().map(|role| role.as_str()).collect::<Vec<_>>().join("、")
}

macro_rules! roles {
    ($($(#[$doc:meta])* $name:ident = $text:literal $label:literal,)+) => {
        /// A role. A person may have several; desks for enterprises or dialects are skills, not roles.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(type_name = "text", rename_all = "snake_case"))]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum Role {
            $($(#[$doc])* $name,)+
        }

        impl Role {
            /// Every role.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What people read.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }

            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

roles! {
    /// 话务员: answers, registers, answers directly.
    Agent = "agent" "话务员",
    /// 班长: live board, listening, moving agents between skills.
    TeamLeader = "team_leader" "班长",
    /// 质检员: hears assigned recordings, scores.
    QualityInspector = "quality_inspector" "质检员",
    /// 派单员: dispatches, merges, rules on returns.
    Dispatcher = "dispatcher" "派单员",
    /// 审核员: passes or rejects replies.
    Reviewer = "reviewer" "审核员",
    /// 回访员.
    FollowUpClerk = "follow_up_clerk" "回访员",
    /// 知识编辑: drafts.
    KbEditor = "kb_editor" "知识编辑",
    /// 知识审核: publishes.
    KbApprover = "kb_approver" "知识审批",
    /// 承办单位联络员: signs, replies for one unit.
    UnitContact = "unit_contact" "承办单位联络员",
    /// 承办单位负责人: approves for one unit.
    UnitLeader = "unit_leader" "承办单位负责人",
    /// 乡镇热线岗: as a unit's contact, for the villages too.
    TownDesk = "town_desk" "乡镇（街道）受理岗",
    /// 热线办: extensions, suspensions, exemptions, assessment.
    Supervisor = "supervisor" "热线办督办员",
    /// 督查: reads all, supervises.
    InspectionOffice = "inspection_office" "督查室",
    /// 县领导: reads, instructs.
    CountyLeader = "county_leader" "县领导",
    /// 接听日领导: an agent for a day, with a clerk beside.
    LeaderOnAir = "leader_on_air" "接听日领导",
    /// 系统管理员.
    SysAdmin = "sys_admin" "系统管理员",
    /// 安全管理员: accounts and roles.
    SecAdmin = "sec_admin" "安全管理员",
    /// 审计员: reads the audit trail.
    Auditor = "auditor" "审计员",
    /// A platform above or beside (machine); its own orders only.
    Upstream = "upstream" "上级平台",
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL
            .iter()
            .copied()
            .find(|role| role.as_str() == text)
            .ok_or_else(|| RoleError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_written_and_read_by_one_name() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().unwrap(), *role);
            assert_eq!(serde_json::to_string(role).unwrap(), format!("\"{role}\""));
        }
        assert!("king".parse::<Role>().is_err());
    }
}
