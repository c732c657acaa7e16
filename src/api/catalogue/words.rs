//! `GET /catalogue/words`

use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;
use work_order::{
    Channel, Clock, CommandWord, DemandType, Dissatisfaction, FeedbackExemption, FeedbackMeans,
    FeedbackOutcome, FollowUpMiss, HandlingOutcome, Rating, RejectionReason, Solved, StateCode,
    Urgency,
};

use crate::api::SignedIn;

/// A word of the interface and what people see of it.
#[derive(Serialize, ToSchema)]
pub struct Word {
    code: &'static str,
    label: &'static str,
}

macro_rules! vocabularies {
    ($($field:ident: $word:ident,)+) => {
        /// Every closed vocabulary, each in its own order.
        #[derive(Serialize, ToSchema)]
        pub struct Words {
            $($field: Vec<Word>,)+
        }

        fn all() -> Words {
            Words {
                $($field: $word::ALL
                    .iter()
                    .map(|word| Word { code: word.as_str(), label: word.label() })
                    .collect(),)+
            }
        }
    };
}

vocabularies! {
    channel: Channel,
    clock: Clock,
    command: CommandWord,
    demand_type: DemandType,
    dissatisfaction: Dissatisfaction,
    feedback_exemption: FeedbackExemption,
    feedback_means: FeedbackMeans,
    feedback_outcome: FeedbackOutcome,
    follow_up_miss: FollowUpMiss,
    handling_outcome: HandlingOutcome,
    rating: Rating,
    rejection_reason: RejectionReason,
    solved: Solved,
    state: StateCode,
    urgency: Urgency,
}

/// Vocabularies
///
/// Codes and their Chinese labels: pages show these and no others.
#[utoipa::path(
    get, path = "/catalogue/words", tag = "catalogue",
    responses((status = 200, body = Words))
)]
pub(super) async fn words(_person: SignedIn) -> Json<Words> {
    Json(all())
}
