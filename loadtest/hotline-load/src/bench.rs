//! The benchmarks.

/// What to measure.
#[derive(Debug, Clone, clap::Args)]
pub struct Options {}

/// # Errors
/// Anything.
pub fn run(_: &Options) -> anyhow::Result<bool> {
    anyhow::bail!("not yet")
}
