//! Shared by the tests of the phone: speech-like sound, correlation, bounded waiting, SIPp.

use std::time::Duration;

use hotline_phone::{Call, CallEvent, CallOptions, Hear, Phone, PhoneConfig, Say, TransportKind};

/// Longest a test waits for anything.
pub const PATIENCE: Duration = Duration::from_secs(10);

pub async fn phone(transport: TransportKind) -> Phone {
    Phone::bind(PhoneConfig { transport, ..PhoneConfig::default() }).await.unwrap()
}

pub fn uri(user: &str, phone: &Phone) -> String {
    format!("sip:{user}@{}", phone.local_address())
}

/// Noise that no shift of itself resembles; `seed` makes two that do not resemble each other.
pub fn noise(seed: u64, samples: usize) -> Vec<i16> {
    let mut state = seed;
    let mut step = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 48) as i16 / 4
    };
    (0..samples).map(|_| step()).collect()
}

pub fn saying(samples: &[i16]) -> CallOptions {
    CallOptions {
        say: Say::Clip { samples: samples.into(), repeat: false },
        hear: Hear { file: None, in_memory: true },
        ..CallOptions::default()
    }
}

/// Best normalised correlation of `said` inside `heard`, and where.
pub fn correlation(said: &[i16], heard: &[i16]) -> (f64, usize) {
    let energy = |s: &[i16]| s.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>();
    let said_energy = energy(said);
    let shifts = heard.len().saturating_sub(said.len());
    let at = |shift: usize| {
        let part = &heard[shift..shift + said.len()];
        let dot: f64 = said.iter().zip(part).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        dot / (said_energy * energy(part)).sqrt().max(1.0)
    };
    let best = (0..shifts).map(|shift| (at(shift), shift)).max_by(|a, b| a.0.total_cmp(&b.0));
    best.unwrap_or((0.0, 0))
}

/// Waits for an event that satisfies `wanted`; the test fails when the call ends before.
pub async fn wait_for(call: &mut Call, wanted: impl Fn(&CallEvent) -> bool) -> CallEvent {
    let search = async {
        while let Some(event) = call.next_event().await {
            if wanted(&event) {
                return event;
            }
            assert!(!matches!(event, CallEvent::Ended(_)), "ended instead: {event:?}");
        }
        panic!("the call had already ended");
    };
    tokio::time::timeout(PATIENCE, search).await.expect("the event did not come in time")
}

pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("not done in time")
}
