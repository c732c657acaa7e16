//! The lines of `results.jsonl`: one figure each, beside its peer's where there is one. Pure.

use serde::Serialize;

/// When the peer was measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PeerRun {
    /// Now, on this machine, by this generator.
    Same,
    /// Earlier, on a machine like this one.
    Recorded,
}

/// What a figure is compared with.
#[derive(Debug, Clone, PartialEq)]
pub struct Peer {
    pub name: String,
    pub value: f64,
    pub run: PeerRun,
}

/// One figure. `value` is `null` where it could not be measured; then `saturated` says why.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    pub name: &'static str,
    pub value: Option<f64>,
    pub unit: &'static str,
    /// Words `key=value`.
    pub load: String,
    pub peer: Option<String>,
    pub peer_value: Option<f64>,
    pub peer_run: Option<PeerRun>,
    /// Ours divided by the peer's: below 1 is better for every unit used here.
    pub ratio: Option<f64>,
    /// How many runs the value is the median of.
    pub runs: usize,
    /// Share of one core that the generator itself used, at most, in these runs.
    pub generator_core_share: f64,
    /// The generator or the machine was at its end, or calls were lost: no figure.
    pub saturated: bool,
    /// Why, in words.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub because: String,
}

impl Figure {
    /// A figure without a peer.
    #[must_use]
    pub fn new(name: &'static str, unit: &'static str, load: impl Into<String>) -> Self {
        Self {
            name,
            value: None,
            unit,
            load: load.into(),
            peer: None,
            peer_value: None,
            peer_run: None,
            ratio: None,
            runs: 0,
            generator_core_share: 0.0,
            saturated: false,
            because: String::new(),
        }
    }

    /// Puts it beside its peer.
    #[must_use]
    pub fn beside(mut self, peer: Option<Peer>) -> Self {
        let Some(peer) = peer else { return self };
        self.ratio = self.value.filter(|_| peer.value > 0.0).map(|own| rounded(own / peer.value));
        self.peer = Some(peer.name);
        self.peer_value = Some(rounded(peer.value));
        self.peer_run = Some(peer.run);
        self
    }
}

/// Four significant digits: more is noise.
#[must_use]
pub fn rounded(value: f64) -> f64 {
    if value == 0.0 || !value.is_finite() {
        return value;
    }
    let scale = 10_f64.powf(3.0 - value.abs().log10().floor());
    (value * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_one_line_with_the_agreed_names() {
        let mut figure = Figure::new("queue_call_cpu_ms", "ms", "agents=500 cps=10 store=sqlite");
        figure.value = Some(12.5);
        figure.runs = 3;
        let peer = Peer { name: "FreeSWITCH".to_owned(), value: 100.0, run: PeerRun::Recorded };
        let line = serde_json::to_string(&figure.beside(Some(peer))).unwrap();
        for part in [
            "\"name\":\"queue_call_cpu_ms\"",
            "\"value\":12.5",
            "\"load\":\"agents=500 cps=10 store=sqlite\"",
            "\"peer\":\"FreeSWITCH\"",
            "\"peer_value\":100.0",
            "\"peer_run\":\"recorded\"",
            "\"ratio\":0.125",
            "\"saturated\":false",
        ] {
            assert!(line.contains(part), "{part} in {line}");
        }
        assert!(!line.contains('\n'));
    }

    #[test]
    fn without_a_value_there_is_no_ratio() {
        let peer = Peer { name: "x".to_owned(), value: 1.0, run: PeerRun::Same };
        assert_eq!(Figure::new("a", "ms", "").beside(Some(peer)).ratio, None);
    }

    #[test]
    fn four_digits_are_kept() {
        assert_eq!(rounded(0.123_456), 0.123_5);
        assert_eq!(rounded(123_456.0), 123_500.0);
        assert_eq!(rounded(0.0), 0.0);
    }
}
