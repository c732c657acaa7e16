//! Limits as data (domain 7.2): how long each step may take, by urgency and type of demand.
//!
//! Owns: the typed profile and its reading from CSV. Must not do: compute an instant; see `clocks`.

use std::time::Duration;

use time::Time;

use crate::table::{Faults, Report, Row, rows, version_of};
use crate::{DemandType, LeafProfile, Urgency};

mod value;

pub use value::{Band, Span};
use value::{parse_bands, parse_count, parse_natural, parse_span, parse_time, parse_times};

/// A limit per urgency. Where domain 7.2 has none (`–`), the one of the next lower urgency holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByUrgency {
    pub normal: Span,
    pub urgent: Span,
    pub critical: Span,
}

impl ByUrgency {
    #[must_use]
    pub fn of(&self, urgency: Urgency) -> Span {
        match urgency {
            Urgency::Normal => self.normal,
            Urgency::Urgent => self.urgent,
            Urgency::Critical => self.critical,
        }
    }
}

/// All limits of one county.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile {
    pub version: String,
    pub dispatch: ByUrgency,
    pub sign: ByUrgency,
    pub first_contact: ByUrgency,
    pub handling: HandlingLimits,
    pub review: ReviewRules,
    pub feedback: FeedbackRules,
    pub follow_up: FollowUpRules,
    pub extension: ExtensionRules,
}

/// Limits of the unit by type of demand, counted from dispatch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HandlingLimits {
    pub consult: ByUrgency,
    pub help: ByUrgency,
    pub suggest: ByUrgency,
    pub complaint: ByUrgency,
    pub report: ByUrgency,
    pub praise: ByUrgency,
    pub other: ByUrgency,
    /// Complaint or report about government service (D12).
    pub service_complaint: ByUrgency,
}

impl HandlingLimits {
    /// The row for a demand. A category with the profile `service_complaint` has its own limit for
    /// complaints and reports; its consultations stay consultations.
    #[must_use]
    pub fn row(&self, demand_type: DemandType, profile: LeafProfile) -> &ByUrgency {
        match (demand_type, profile) {
            (DemandType::Complaint | DemandType::Report, LeafProfile::ServiceComplaint) => {
                &self.service_complaint
            }
            (DemandType::Consult, _) => &self.consult,
            (DemandType::Help, _) => &self.help,
            (DemandType::Suggest, _) => &self.suggest,
            (DemandType::Complaint, _) => &self.complaint,
            (DemandType::Report, _) => &self.report,
            (DemandType::Praise, _) => &self.praise,
            (DemandType::Other | DemandType::Invalid, _) => &self.other,
        }
    }
}

/// T14.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReviewRules {
    /// 4 working hours; urgent 30 minutes.
    pub limit: ByUrgency,
    /// 20:00 of the reply's date, when the petitioner has not been told.
    pub at_latest: Time,
    /// A reply after 19:30 has `late_limit` instead.
    pub late_after: Time,
    /// 30 minutes.
    pub late_limit: Duration,
}

/// Rules of the same-day feedback (domain 8.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackRules {
    /// A result after this local time is not told by telephone the same evening (20:30).
    pub no_call_after: Time,
    /// From when it is told by telephone next morning (09:00, the first follow-up band of 8.2).
    pub call_again_from: Time,
    /// Alarms on the result's date (17:00, 19:00, 20:00).
    pub alarms: Vec<Time>,
}

/// T15 and domain 8.2.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowUpRules {
    /// 2 working days.
    pub limit: ByUrgency,
    /// Tries before a petitioner may be called unreachable: 3.
    pub attempts: u32,
    /// On at least so many different days: 2.
    pub days: u32,
    /// At least so far apart: 2 h.
    pub gap: Duration,
    /// In as many different bands as there are.
    pub bands: Vec<Band>,
    /// Wait after the message with the link: 24 h.
    pub sms_wait: Duration,
}

/// T10.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionRules {
    /// At most so many: 2.
    pub count_max: u32,
}

const COLUMNS: &[&str] = &["item", "normal", "urgent", "critical", "note"];

impl Profile {
    /// Reads a profile: `item,normal,urgent,critical,note`; see `county/README.md`.
    ///
    /// # Errors
    /// Every faulty line and every missing item; the file is refused whole.
    pub fn parse(file: &str, text: &str) -> Result<Self, Faults> {
        let mut report = Report::new(file);
        let mut items = Items { rows: rows(text, COLUMNS, &mut report), report };
        let profile = items.profile(version_of(text));
        items.refuse_unread();
        match profile {
            Some(profile) => items.report.finish(profile),
            None => items.report.fail(),
        }
    }
}

/// The rows not read yet, and the faults so far.
struct Items<'a> {
    rows: Vec<Row>,
    report: Report<'a>,
}

impl Items<'_> {
    fn profile(&mut self, version: String) -> Option<Profile> {
        // Every item is read before the first `?`, so that all faults are listed.
        let dispatch = self.spans("dispatch");
        let sign = self.spans("sign");
        let first_contact = self.spans("first_contact");
        let handling = self.handling();
        let review = self.review();
        let feedback = self.feedback();
        let follow_up = self.follow_up();
        let extension = self.extension();
        Some(Profile {
            version,
            dispatch: dispatch?,
            sign: sign?,
            first_contact: first_contact?,
            handling: handling?,
            review: review?,
            feedback: feedback?,
            follow_up: follow_up?,
            extension: extension?,
        })
    }

    fn handling(&mut self) -> Option<HandlingLimits> {
        let consult = self.spans("consult");
        let help = self.spans("help");
        let suggest = self.spans("suggest");
        let complaint = self.spans("complaint");
        let report = self.spans("report");
        let praise = self.spans("praise");
        let other = self.spans("other");
        let service_complaint = self.spans("service_complaint");
        Some(HandlingLimits {
            consult: consult?,
            help: help?,
            suggest: suggest?,
            complaint: complaint?,
            report: report?,
            praise: praise?,
            other: other?,
            service_complaint: service_complaint?,
        })
    }

    fn review(&mut self) -> Option<ReviewRules> {
        let limit = self.spans("review");
        let at_latest = self.single("review_at_latest", parse_time);
        let late_after = self.single("review_late_after", parse_time);
        let late_limit = self.single("review_late_limit", parse_natural);
        Some(ReviewRules {
            limit: limit?,
            at_latest: at_latest?,
            late_after: late_after?,
            late_limit: late_limit?,
        })
    }

    fn feedback(&mut self) -> Option<FeedbackRules> {
        let no_call_after = self.single("feedback_no_call_after", parse_time);
        let call_again_from = self.single("feedback_call_again_from", parse_time);
        let alarms = self.single("feedback_alarms", parse_times);
        Some(FeedbackRules {
            no_call_after: no_call_after?,
            call_again_from: call_again_from?,
            alarms: alarms?,
        })
    }

    fn follow_up(&mut self) -> Option<FollowUpRules> {
        let limit = self.spans("follow_up");
        let attempts = self.single("follow_up_attempts", parse_count);
        let days = self.single("follow_up_days", parse_count);
        let gap = self.single("follow_up_gap", parse_natural);
        let bands = self.single("follow_up_bands", parse_bands);
        let sms_wait = self.single("follow_up_sms_wait", parse_natural);
        Some(FollowUpRules {
            limit: limit?,
            attempts: attempts?,
            days: days?,
            gap: gap?,
            bands: bands?,
            sms_wait: sms_wait?,
        })
    }

    fn extension(&mut self) -> Option<ExtensionRules> {
        let count_max = self.single("extension_count_max", parse_count);
        Some(ExtensionRules { count_max: count_max? })
    }

    fn remove(&mut self, item: &str) -> Option<Row> {
        let Some(at) = self.rows.iter().position(|row| row.get("item") == item) else {
            self.report.add_whole(format!("缺少项目 {item}，请补上一行"));
            return None;
        };
        Some(self.rows.remove(at))
    }

    /// A limit per urgency; `-` takes the value to its left.
    fn spans(&mut self, item: &str) -> Option<ByUrgency> {
        let row = self.remove(item)?;
        let normal = self.report.take(row.line, parse_span(row.get("normal")))?;
        let mut or_left = |column: &str, left: Span| match row.get(column) {
            "-" => Some(left),
            text => self.report.take(row.line, parse_span(text)),
        };
        let urgent = or_left("urgent", normal)?;
        let critical = or_left("critical", urgent)?;
        Some(ByUrgency { normal, urgent, critical })
    }

    /// A value that is the same for every urgency: in the column `normal`, `-` in the others.
    fn single<T>(&mut self, item: &str, parse: fn(&str) -> Result<T, String>) -> Option<T> {
        let row = self.remove(item)?;
        if row.get("urgent") != "-" || row.get("critical") != "-" {
            self.report.add(row.line, format!("{item} 只填 normal 列，其余两列请写 -"));
        }
        self.report.take(row.line, parse(row.get("normal")))
    }

    fn refuse_unread(&mut self) {
        for row in &self.rows {
            let item = row.get("item");
            self.report.add(row.line, format!("项目 \"{item}\" 不认识或重复，请删除这一行"));
        }
    }
}
