//! Closed vocabularies: an English code for machines and a Chinese label for people.
//!
//! Owns: the macro that keeps code, label and parsing of one vocabulary together, and the small
//! vocabularies of a demand. Must not do: decide anything.

/// A list of words: an enum whose variants have a snake_case code and a Chinese label.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident { $($(#[$word_doc:meta])* $word:ident = $code:literal $label:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $code)] $word,)+
        }

        impl $name {
            /// Every word, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$word),+];

            /// The code in JSON, SQL and CSV.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $code,)+ }
            }

            /// The Chinese label shown to people.
            #[must_use]
            pub const fn label(self) -> &'static str {
                match self { $(Self::$word => $label,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($code => Ok(Self::$word),)+
                    _ => Err($crate::words::UnknownWord {
                        text: text.to_owned(),
                        known: &[$($code),+],
                    }),
                }
            }
        }
    )+};
}

pub(crate) use words;

/// A text that is no word of the vocabulary.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" 不在可用值之中，请改为其中之一：{}", known.join("、"))]
pub struct UnknownWord {
    pub text: String,
    pub known: &'static [&'static str],
}

words! {
    /// How a demand arrived (domain section 5 "Source"; D7).
    Channel {
        Phone = "phone" "电话",
        Sms = "sms" "短信",
        Web = "web" "网站",
        Mailbox = "mailbox" "信箱",
        Wechat = "wechat" "微信",
        MiniApp = "mini_app" "小程序",
        App = "app" "移动应用",
        WalkIn = "walk_in" "窗口来访",
        Letter = "letter" "来信",
        Transfer110 = "transfer_110" "110移交",
        CityPlatform = "city_platform" "市平台",
        ProvincialPlatform = "provincial_platform" "省平台",
        NationalPlatform = "national_platform" "国家平台",
        InspectPlatform = "inspect_platform" "互联网+督查",
        MessageBoard = "message_board" "领导留言板",
        LeaderMailbox = "leader_mailbox" "领导信箱",
        Grid = "grid" "网格员",
        BadReview = "bad_review" "差评",
        MissedCallReturn = "missed_call_return" "漏接回拨",
    }

    /// What the petitioner wants (domain section 5 "Demand").
    DemandType {
        Consult = "consult" "咨询",
        Help = "help" "求助",
        Complaint = "complaint" "投诉",
        Report = "report" "举报",
        Suggest = "suggest" "建议",
        Praise = "praise" "表扬",
        Other = "other" "其他",
        Invalid = "invalid" "无效",
    }

    /// How fast; ordered, so that a later word is more urgent (domain 7.2).
    Urgency {
        Normal = "normal" "普通",
        Urgent = "urgent" "紧急",
        Critical = "critical" "特急",
    }

    /// How the petitioner is, or was, told (domain 8.1).
    FeedbackMeans {
        Phone = "phone" "电话",
        Sms = "sms" "短信",
        InApp = "in_app" "站内消息",
        InPerson = "in_person" "当面",
        Letter = "letter" "书面",
    }

    /// What came of one try to tell the petitioner. Only `told` and `declined` end the duty: an
    /// answering machine or a relative is not "told" (domain 8.1).
    FeedbackOutcome {
        Told = "told" "已告知本人",
        Declined = "declined" "本人表示无需反馈",
        NoAnswer = "no_answer" "无人接听",
        Machine = "machine" "语音信箱或助手接听",
        OtherPerson = "other_person" "他人接听",
        WrongNumber = "wrong_number" "号码错误或停机",
        Undelivered = "undelivered" "未送达",
    }

    /// Five grades of the good/bad rating (国办发〔2019〕51号, domain 3.4).
    Rating {
        VerySatisfied = "very_satisfied" "非常满意",
        Satisfied = "satisfied" "满意",
        BasicallySatisfied = "basically_satisfied" "基本满意",
        Dissatisfied = "dissatisfied" "不满意",
        VeryDissatisfied = "very_dissatisfied" "非常不满意",
    }

    /// Answer to "is it solved?" in the follow-up (domain 8.2).
    Solved {
        Yes = "yes" "已解决",
        Partly = "partly" "部分解决",
        No = "no" "未解决",
        NotAnswered = "not_answered" "未作答",
    }

    /// Why the petitioner is dissatisfied (domain 8.2).
    Dissatisfaction {
        UnitFault = "unit_fault" "承办单位办理不力",
        LawForbids = "law_forbids" "政策法规不允许",
        FactsDisputed = "facts_disputed" "事实有争议",
        BeyondPowers = "beyond_powers" "超出职权范围",
        Unreasonable = "unreasonable" "诉求不合理",
    }

    /// Why a follow-up call reached nobody (domain 8.2).
    FollowUpMiss {
        NoAnswer = "no_answer" "无人接听",
        Machine = "machine" "语音信箱或助手接听",
        OtherPerson = "other_person" "他人接听",
        WrongNumber = "wrong_number" "号码错误或停机",
        HungUp = "hung_up" "接通后挂断",
    }

    /// Why a demand is not accepted (D13; 国办函〔2025〕66号 in domain section 12).
    RejectionReason {
        EmergencyLine = "emergency_line" "应由110、119、120、122等紧急热线处置",
        Court = "court" "应由法院、检察院处理",
        Arbitration = "arbitration" "应通过仲裁处理",
        Reconsideration = "reconsideration" "应通过行政复议处理",
        Discipline = "discipline" "应由纪检监察机关处理",
        Petition = "petition" "已进入信访程序",
        InformationDisclosure = "information_disclosure" "应通过政府信息公开申请处理",
        Secret = "secret" "涉及国家秘密",
        Unlawful = "unlawful" "内容违法或有违公序良俗",
        Unproven = "unproven" "无正当理由且不能提供基本事实",
        OutOfArea = "out_of_area" "不属于本县范围",
        NotGovernment = "not_government" "不属于政府职责范围",
    }

    /// How the unit left the matter (domain section 5 "Handling").
    HandlingOutcome {
        Solved = "solved" "已解决",
        Explained = "explained" "已解释说明",
        Unsolved = "unsolved" "未解决",
    }

    /// Main state of an order, without its data (domain section 6).
    StateCode {
        /// S0
        Draft = "draft" "登记中",
        /// S1
        Accepted = "accepted" "待派单",
        /// S2
        Dispatched = "dispatched" "待签收",
        /// S3
        InProgress = "in_progress" "办理中",
        /// S4
        Replied = "replied" "已回复待审核",
        /// S5
        FollowUpPending = "follow_up_pending" "待回访",
        /// S6
        Closed = "closed" "办结",
        /// S8
        Rejected = "rejected" "不予受理",
    }

    /// A clock of an order (domain sections 6 and 7).
    Clock {
        Dispatch = "dispatch" "派单时限",
        Sign = "sign" "签收时限",
        FirstContact = "first_contact" "先行联系时限",
        Due = "due" "办理时限",
        Review = "review" "审核时限",
        Feedback = "feedback" "当日反馈时限",
        FollowUp = "follow_up" "回访时限",
    }

    /// Who answers for a missed limit.
    BreachOwner {
        Centre = "centre" "热线中心",
        Unit = "unit" "承办单位",
    }

    /// Why a result needs no feedback; these leave the denominator of K7 (domain 8.1).
    FeedbackExemption {
        AnonymousWithoutContact = "anonymous_without_contact" "匿名且无联系方式",
        Declined = "declined" "本人表示无需反馈",
        Praise = "praise" "表扬",
    }

    /// What result the petitioner is to be told.
    ResultKind {
        DirectAnswer = "direct_answer" "直接答复",
        UnitReply = "unit_reply" "承办单位答复",
        Rejection = "rejection" "不予受理",
    }

    /// 承办单位的类别.
    UnitKind {
        Department = "department" "县直部门",
        Company = "company" "公用企业",
        Town = "town" "乡镇（街道）",
    }

    /// What happens to a demand of a category (domain 16.2).
    Route {
        Dispatch = "dispatch" "派单办理",
        /// Usually told, not dispatched: dispatch needs a reason (2403).
        TellFirst = "tell_first" "一般告知途径",
        /// Told, never dispatched (2404).
        TellOnly = "tell_only" "只告知途径",
        /// Sealed record, discipline route, never dispatched (2502).
        Sealed = "sealed" "密封登记",
    }

    /// Limit profile of a category (domain 7.2).
    LeafProfile {
        Standard = "standard" "一般",
        ServiceComplaint = "service_complaint" "政务服务投诉",
        /// Staged plan up to 180 days; the plan itself is a later release.
        LongCycle = "long_cycle" "长周期",
    }

    /// Whether an account is on the regular roster or called up in a surge (domain section 15).
    Duty {
        Regular = "regular" "常备",
        Reserve = "reserve" "后备",
    }
}
