//! 排班与预测: what a day will bring, how many people it needs, who will be there (`domain.md` 11.1).
//!
//! Owns: forecasts as they were made, the roster, what a change would bring. Must not do: compute; the
//! crate `staffing` does.

mod outlook;

pub use outlook::{DayOutlook, day_outlook, people_present};
