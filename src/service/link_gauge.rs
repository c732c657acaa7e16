//! How many gateways are linked to this node, for readiness and metrics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A count that the gateway link keeps and others read.
#[derive(Debug, Clone, Default)]
pub struct LinkGauge(Arc<AtomicUsize>);

/// One linked gateway; counts for as long as it lives.
#[derive(Debug)]
pub struct LinkMark(LinkGauge);

impl LinkGauge {
    /// Counts one gateway until the mark is dropped.
    #[must_use]
    pub fn mark(&self) -> LinkMark {
        self.0.fetch_add(1, Ordering::SeqCst);
        LinkMark(self.clone())
    }

    #[must_use]
    pub fn linked(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Drop for LinkMark {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gateway_counts_while_its_mark_lives() {
        let gauge = LinkGauge::default();
        let mark = gauge.mark();
        assert_eq!(gauge.linked(), 1);
        drop(mark);
        assert_eq!(gauge.linked(), 0);
    }
}
