//! A load as a file: how many callers at what rate, how many agents, what is measured when.
//! Reading it is pure; unknown keys are errors.

use serde::Deserialize;

/// Most callers, and most agents, of one load.
const PARTIES_MAX: u32 = 100_000;

/// One load.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Word in reports.
    pub name: String,
    /// Every random choice follows from it.
    #[serde(default)]
    pub seed: u64,
    pub callers: Option<Callers>,
    pub phones: Option<Phones>,
    pub registrations: Option<Registrations>,
    /// What the benchmarks vary: phones, callers or calls per second, as the file says.
    #[serde(default)]
    pub steps: Vec<u32>,
    /// The same for a short look.
    #[serde(default)]
    pub quick_steps: Vec<u32>,
    /// How long after the last call processor time is still counted, for work done behind.
    #[serde(default = "Scenario::drain_default_ms")]
    pub drain_ms: u64,
}

/// The citizens.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callers {
    pub calls: u32,
    pub rate_per_s: f64,
    #[serde(default)]
    pub arrivals: Arrivals,
    /// User part that is called.
    pub dial: String,
    /// The first caller's number; the others follow.
    #[serde(default = "Callers::first_number_default")]
    pub first_number: u64,
    /// From answer to hanging up, drawn evenly; without it calls last until the window closes.
    pub talk_ms: Option<(u64, u64)>,
    /// Who was not answered after so long hangs up.
    #[serde(default = "Callers::patience_default_ms")]
    pub patience_ms: u64,
    /// Each has a patience of her own instead, drawn exponentially with this mean.
    pub patience_mean_ms: Option<u64>,
    /// So many different numbers: further callers ring again. Without it each calls once.
    pub numbers: Option<u32>,
    /// Sound in both directions of answered calls.
    #[serde(default = "yes")]
    pub rtp: bool,
    /// The stretch over which a steady load is measured; needed without `talk_ms`.
    pub window: Option<Window>,
}

/// When callers come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arrivals {
    /// At equal distances.
    #[default]
    Even,
    /// A Poisson stream of the given mean rate.
    Poisson,
}

/// A measuring window after the last call was begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Window {
    pub settle_ms: u64,
    pub length_ms: u64,
}

/// The called: registered agents, or peers that a proxy sends calls to.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phones {
    pub count: u32,
    #[serde(default)]
    pub kind: PhoneKind,
    /// False: they wait at fixed addresses.
    #[serde(default = "yes")]
    pub register: bool,
    #[serde(default = "Phones::register_default_per_s")]
    pub register_per_s: f64,
    /// They register anew so often while callers come; for loads that last longer than a registration.
    pub refresh_every_s: Option<u32>,
    /// From the end of registering to the first call.
    #[serde(default)]
    pub settle_ms: u64,
    /// From INVITE to 200, drawn evenly.
    pub answer_after_ms: (u64, u64),
    #[serde(default = "yes")]
    pub rtp: bool,
}

/// What an agent speaks by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PhoneKind {
    /// SIP over UDP and plain RTP.
    #[default]
    Desk,
    /// As a browser does: a page that signs in, SIP over WebSocket, WebRTC, a headset check.
    Softphone,
}

/// Phones that register again and again.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registrations {
    pub count: u32,
    pub rate_per_s: f64,
}

/// Why a file is no load.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    #[error("scenario: {0}")]
    Toml(#[from] Box<toml::de::Error>),
    #[error("scenario: `{key}` {rule}")]
    Value { key: &'static str, rule: &'static str },
}

fn yes() -> bool {
    true
}

impl Scenario {
    fn drain_default_ms() -> u64 {
        3_000
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ScenarioError`] names the key at fault and its rule.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let scenario: Self = toml::from_str(text).map_err(Box::new)?;
        scenario.check()?;
        Ok(scenario)
    }

    /// # Errors
    /// [`ScenarioError::Value`].
    pub fn check(&self) -> Result<(), ScenarioError> {
        let rule = |good: bool, key, rule| {
            if good { Ok(()) } else { Err(ScenarioError::Value { key, rule }) }
        };
        let party = |count: u32| (1..=PARTIES_MAX).contains(&count);
        let rate = |per_s: f64| per_s > 0.0 && per_s <= 100_000.0;
        if let Some(callers) = &self.callers {
            rule(party(callers.calls), "callers.calls", "must be 1 to 100000")?;
            rule(
                rate(callers.rate_per_s),
                "callers.rate_per_s",
                "must be above 0, at most 100000",
            )?;
            rule(
                callers.talk_ms.is_some() || callers.window.is_some(),
                "callers.talk_ms",
                "is needed where there is no `window`",
            )?;
            let spans = callers.talk_ms.is_none_or(|(least, most)| least <= most);
            rule(spans, "callers.talk_ms", "must be [least, most]")?;
            let patient = callers.patience_mean_ms.is_none_or(|mean_ms| mean_ms > 0);
            rule(patient, "callers.patience_mean_ms", "must be above 0")?;
            let numbered = callers.numbers.is_none_or(|numbers| numbers > 0);
            rule(numbered, "callers.numbers", "must be above 0")?;
        }
        if let Some(phones) = &self.phones {
            rule(party(phones.count), "phones.count", "must be 1 to 100000")?;
            rule(rate(phones.register_per_s), "phones.register_per_s", "must be above 0")?;
            let refresh = phones.refresh_every_s.is_none_or(|every_s| every_s > 0);
            rule(refresh, "phones.refresh_every_s", "must be above 0")?;
            let (least, most) = phones.answer_after_ms;
            rule(least <= most, "phones.answer_after_ms", "must be [least, most]")?;
        }
        if let Some(registrations) = &self.registrations {
            rule(rate(registrations.rate_per_s), "registrations.rate_per_s", "must be above 0")?;
            rule(self.phones.is_some(), "registrations", "needs `phones`")?;
        }
        rule(
            self.callers.is_some() || self.registrations.is_some(),
            "callers",
            "or `registrations` must be there",
        )
    }
}

impl Callers {
    fn first_number_default() -> u64 {
        13_800_000_000
    }

    fn patience_default_ms() -> u64 {
        600_000
    }
}

impl Phones {
    fn register_default_per_s() -> f64 {
        100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_with_its_defaults() {
        let text = "name = \"queue\"\n[callers]\ncalls = 10\nrate_per_s = 2.5\ndial = \"12345\"\n\
            talk_ms = [1000, 2000]\n[phones]\ncount = 4\nanswer_after_ms = [0, 0]\n";
        let scenario = Scenario::parse(text).unwrap();
        let callers = scenario.callers.unwrap();
        assert_eq!((callers.talk_ms, callers.rtp), (Some((1_000, 2_000)), true));
        assert_eq!(callers.arrivals, Arrivals::Even);
        let phones = scenario.phones.unwrap();
        assert!(phones.register && phones.kind == PhoneKind::Desk);
        let text = text.replace("count = 4", "count = 4\nkind = \"softphone\"");
        let phones = Scenario::parse(&text).unwrap().phones.unwrap();
        assert_eq!(phones.kind, PhoneKind::Softphone);
    }

    #[test]
    fn every_file_of_the_folder_is_a_load_with_steps() {
        for text in [
            include_str!("../../scenarios/queue.toml"),
            include_str!("../../scenarios/busy.toml"),
            include_str!("../../scenarios/waiting.toml"),
            include_str!("../../scenarios/media.toml"),
            include_str!("../../scenarios/media-srtp.toml"),
            include_str!("../../scenarios/register.toml"),
            include_str!("../../scenarios/calls.toml"),
            include_str!("../../scenarios/soak.toml"),
            include_str!("../../scenarios/storm.toml"),
        ] {
            let scenario = Scenario::parse(text).unwrap();
            assert!(!scenario.steps.is_empty() && !scenario.quick_steps.is_empty());
            let known = |step: &u32| scenario.steps.contains(step);
            assert!(scenario.quick_steps.iter().all(known), "{}", scenario.name);
        }
    }

    #[test]
    fn a_wrong_file_says_which_key_and_why() {
        let fault = |text: &str| Scenario::parse(text).unwrap_err().to_string();
        assert!(fault("name = \"x\"\ncalers = 1").contains("calers"));
        let callers = "name = \"x\"\n[callers]\nrate_per_s = 1\ndial = \"1\"\n";
        assert!(fault(&format!("{callers}calls = 0\ntalk_ms = [1, 2]")).contains("callers.calls"));
        assert!(fault(&format!("{callers}calls = 1")).contains("`window`"));
        assert!(fault(&format!("{callers}calls = 1\ntalk_ms = [3, 2]")).contains("least, most"));
        assert!(fault("name = \"x\"").contains("registrations"));
    }
}
