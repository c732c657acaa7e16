//! The words every other crate shares: ids, instants, telephone numbers and short codes.
//!
//! Owns: how these are written, parsed, masked and stored. Must not do: read a clock, draw a random
//! number, do I/O.

mod code;
mod id;
mod phone;
mod role;
mod timestamp;

pub use code::{
    CategoryCode, CentreId, CodeError, GatewayId, QueueCode, SkillCode, TrunkName, UnitCode,
};
pub use id::{
    AgentId, AuditId, CallId, DeviceId, FeedbackId, FollowUpId, GatewayInstanceId, IdError, JobId,
    LegId, OfferId, RecordingId, ScreeningId, SessionId, ShownFiguresId, UserId, WorkOrderId,
};
pub use phone::{Phone, PhoneError};
pub use role::{Role, RoleError};
pub use timestamp::{SHANGHAI_OFFSET_S, Timestamp, TimestampError};
