//! Why a command was refused.
//!
//! Owns: the reason codes and their Chinese texts, each of which says what to do. Must not do: map
//! to HTTP.

use serde::{Deserialize, Serialize};

use crate::words::words;

words! {
    /// Reason code of a refusal (D4); the label is the text for people when no detail is needed.
    RefusalCode {
        WrongState = "wrong_state" "工单当前状态不能执行此操作，请刷新后查看最新状态",
        VersionConflict = "version_conflict" "工单已被他人更新，请刷新后重新操作",
        RoleMissing = "role_missing" "您的岗位无权执行此操作，请联系有相应权限的人员",
        NotYourUnit = "not_your_unit" "工单不由您所在单位主办，请联系主办单位办理",
        NotYourDraft = "not_your_draft" "只能由登记人或班长修改，请联系登记人",
        TwoPersonsNeeded = "two_persons_needed" "提交与审批不能是同一人，请由另一位有权限的人员审批",
        CategoryMissing = "category_missing" "请选择诉求分类（三级分类）",
        CategoryUnknown = "category_unknown" "诉求分类不存在，请重新选择三级分类",
        PlaceMissing = "place_missing" "请填写事发地点（选择乡镇街道或填写地址）",
        DemandTypeMissing = "demand_type_missing" "请选择诉求类型",
        TitleMissing = "title_missing" "请填写标题",
        ContentMissing = "content_missing" "请填写诉求内容",
        PetitionerMissing = "petitioner_missing" "请填写诉求人联系电话，或勾选匿名",
        InvalidDemand = "invalid_demand" "无效诉求不能受理派单，请直接答复办结",
        UrgencyLowered = "urgency_lowered" "紧急程度只能调高，不能低于该分类的默认等级",
        TextMissing = "text_missing" "请填写必填的说明文字",
        UnitUnknown = "unit_unknown" "承办单位不存在或已停用，请从单位目录中选择",
        UnitTwice = "unit_twice" "主办单位与协办单位重复，请删除重复的单位",
        TownForbidden = "town_forbidden" "该类事项不得派给乡镇街道，请派给县直部门",
        CategoryNotDispatched = "category_not_dispatched" "该类事项只告知法定途径，不派单；请不予受理或直接答复",
        DispatchReasonMissing = "dispatch_reason_missing" "派单单位与派单目录不一致，请填写理由",
        TimeInFuture = "time_in_future" "所填时间晚于当前时间，请更正",
        TimeTooEarly = "time_too_early" "所填时间早于该事项发生的时间，请更正",
        ReplyNotSubmitted = "reply_not_submitted" "尚无待审批的答复，请联络员先提交答复",
        ReplyPending = "reply_pending" "答复正在等待本单位负责人审批，请先由负责人批准或退回",
        RejectionPending = "rejection_pending" "不予受理正在等待班长确认，请先由班长确认或退回",
        RejectionNotProposed = "rejection_not_proposed" "尚无待确认的不予受理，请话务员先提出",
        AlreadyContacted = "already_contacted" "已登记过先行联系，无需重复登记",
        NoFeedbackDuty = "no_feedback_duty" "该工单目前没有需要反馈的结果",
        FeedbackExempt = "feedback_exempt" "该结果无需反馈（匿名无联系方式、本人拒绝或表扬）",
        ReviewFirst = "review_first" "答复尚未审核通过，热线中心请在审核通过后再反馈",
        PhoneNotAllowedNow = "phone_not_allowed_now" "结果产生于20:30以后，当晚不得电话反馈；请在零点前发送短信，次日上午再致电",
        FeedbackOpen = "feedback_open" "尚未向诉求人反馈结果，请先登记反馈再办结回访",
        FollowUpByHandlingUnit = "follow_up_by_handling_unit" "承办单位人员不得回访本单位的工单，请由热线中心回访",
        OwnCallFollowUp = "own_call_follow_up" "接听该来电的话务员不得自行回访；仅在无其他人员值班时可以，请注明",
        DissatisfactionMissing = "dissatisfaction_missing" "评价为不满意，请选择原因类别并填写解释说明",
        NotUnreachableYet = "not_unreachable_yet" "未达到无法联系的条件：须在至少两天、三个不同时段拨打三次，再发短信链接并等待24小时",
        CalendarYearMissing = "calendar_year_missing" "工作日历缺少该年度的数据，请系统管理员导入国务院办公厅公布的节假日安排",
        ExtensionLate = "extension_late" "已超过办理时限，不能再申请延期，请立即办理并答复",
        ExtensionNotAnnounced = "extension_not_announced" "尚未将延期时长和理由告知诉求人，请先告知再申请延期",
        ExtensionTooMany = "extension_too_many" "延期次数或总时长已达上限，请在现有时限内办结",
    }
}

/// A command that changes nothing, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{detail}")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Refusal {
    pub code: RefusalCode,
    /// Chinese, for the person who asked: what is wrong and what to do.
    pub detail: String,
}

impl From<RefusalCode> for Refusal {
    fn from(code: RefusalCode) -> Self {
        Self { code, detail: code.label().to_owned() }
    }
}

impl Refusal {
    pub(crate) fn with(code: RefusalCode, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}
