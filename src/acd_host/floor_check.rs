//! The look at the whole floor, beside the path of decisions.

use std::time::Duration;

use acd::Acd;

/// The whole floor is checked at most this often: each decision checks what it touched by itself, and a copy of
/// thousands of agents costs milliseconds.
const CHECK_INTERVAL: Duration = Duration::from_secs(10);

/// Looks at the whole floor beside the path of decisions; done [`CHECK_INTERVAL`] later at the earliest.
pub(super) fn check_later(core: Acd) -> tokio::task::JoinHandle<()> {
    let check = tokio::task::spawn_blocking(move || {
        let broken = core.check_all();
        if !broken.is_empty() {
            tracing::error!(?broken, "the floor breaks a rule: keep the journal file for a report");
            metrics::counter!("hotline_acd_broken_rules_total").increment(broken.len() as u64);
        }
    });
    tokio::spawn(async move {
        if let Err(error) = check.await {
            tracing::error!(%error, "the check of the floor broke down");
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    })
}
