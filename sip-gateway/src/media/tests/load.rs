//! A first figure of what a bridged call costs. Not part of the suite: run with
//! `cargo test --release -p sip-gateway --lib media::tests::load -- --ignored --nocapture`.

use std::time::Duration;

use super::super::g711::FRAME_SAMPLES;
use super::*;

const CALLS: u128 = 50;
const SECONDS: u64 = 10;

/// CPU time of this process in clock ticks (100 a second), user and system.
fn cpu_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields = stat.rsplit(") ").next().unwrap();
    fields.split(' ').skip(11).take(2).map(|field| field.parse::<u64>().unwrap()).sum()
}

#[tokio::test]
#[ignore = "measures, proves nothing"]
async fn fifty_bridged_calls() {
    let stage = Stage::with_ports(400).await;
    let mut phones = Vec::new();
    for call in 0..CALLS {
        let (a, caller) = stage.phone(1_000 + call * 2).await;
        let (b, agent) = stage.phone(1_001 + call * 2).await;
        stage.media.connect(a, b, Vec::new());
        phones.extend([caller, agent]);
    }
    let codes = [0x55; FRAME_SAMPLES];
    let mut used = [0, 0];
    for (round, phones_talk) in [false, true].into_iter().enumerate() {
        let before = cpu_ticks();
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for tick in 0..SECONDS * 50 {
            pace.tick().await;
            for phone in phones.iter_mut().filter(|_| phones_talk) {
                phone.send(8, &codes, (tick * 160) as u32).await;
            }
        }
        used[round] = cpu_ticks() - before;
    }
    let per_call_ms = |ticks: u64| ticks as f64 * 10.0 / (CALLS as f64 * SECONDS as f64);
    println!(
        "{CALLS} calls, {SECONDS} s: idle {:.2} ms CPU per call-second, talking {:.2} (with the senders)",
        per_call_ms(used[0]),
        per_call_ms(used[1])
    );
}
