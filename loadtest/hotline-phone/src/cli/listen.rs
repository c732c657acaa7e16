//! `hotline-phone listen`: a called phone without registration, and how any called phone takes its
//! calls (shared with `register` and `agents`).

use std::sync::Arc;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::args::{AnswerArguments, ListenArguments, MsRange};
use super::drive::{Limits, drive};
use super::output;
use super::prepare::{Voice, phone_config};
use crate::error::PhoneError;
use crate::phone::Phone;
use crate::phone::call::Call;
use crate::report::CallReport;

/// What a called phone does.
#[derive(Debug, Clone, Copy)]
pub(super) enum Manner {
    Answer,
    Refuse(u16),
    RingOnly,
}

pub(super) async fn run(
    arguments: ListenArguments,
    stop: CancellationToken,
) -> Result<bool, PhoneError> {
    let voice = Arc::new(Voice::open(&arguments.voice)?);
    let phone = Phone::bind(phone_config(&arguments.net, "listen", None)).await?;
    output::progress(&format!("等待来电 {}", phone.local_address()), "listening");
    let manner = match (arguments.busy, arguments.reject) {
        (true, _) => Manner::Refuse(486),
        (false, Some(status)) => Manner::Refuse(status),
        (false, None) if arguments.no_answer => Manner::RingOnly,
        (false, None) => Manner::Answer,
    };
    let answering = Answering::new(&arguments.answer, manner, voice);
    answering.take_calls(&phone, arguments.calls, &stop).await;
    Ok(true)
}

/// How calls are taken; all random choices come from one seed in the order of the calls.
pub(super) struct Answering {
    manner: Manner,
    answer_after: MsRange,
    hangup_after: Option<MsRange>,
    voice: Arc<Voice>,
    random: StdRng,
}

impl Answering {
    /// Prints the seed.
    pub fn new(arguments: &AnswerArguments, manner: Manner, voice: Arc<Voice>) -> Self {
        let seed = seed_or_draw(arguments.seed);
        Self::seeded(arguments, manner, voice, seed)
    }

    pub fn seeded(
        arguments: &AnswerArguments,
        manner: Manner,
        voice: Arc<Voice>,
        seed: u64,
    ) -> Self {
        Self {
            manner,
            answer_after: arguments.answer_after_ms,
            hangup_after: arguments.hangup_after_ms,
            voice,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Takes calls, several at once, until `calls` have ended or `stop`; prints each report.
    pub async fn take_calls(mut self, phone: &Phone, calls: Option<u64>, stop: &CancellationToken) {
        let (mut running, mut taken, mut ended) = (JoinSet::new(), 0_u64, 0_u64);
        while calls.is_none_or(|wanted| ended < wanted) {
            tokio::select! {
                call = phone.next_call(), if calls.is_none_or(|wanted| taken < wanted) => {
                    let Some(call) = call else { break };
                    taken += 1;
                    running.spawn(self.take(call, taken, stop.clone()));
                }
                Some(report) = running.join_next() => {
                    ended += 1;
                    if let Ok(report) = report {
                        output::json_line(&report);
                    }
                }
                () = stop.cancelled() => break,
            }
        }
        while let Some(report) = running.join_next().await {
            if let Ok(report) = report {
                output::json_line(&report);
            }
        }
    }

    fn take(
        &mut self,
        call: Call,
        number: u64,
        stop: CancellationToken,
    ) -> impl Future<Output = CallReport> + use<> {
        let after = draw(&mut self.random, self.answer_after);
        let talk = self.hangup_after.map(|range| draw(&mut self.random, range));
        let (manner, voice) = (self.manner, Arc::clone(&self.voice));
        async move {
            output::progress(&format!("来电 {} → {}", call.from(), call.to()), "incoming call");
            let mut limits = Limits { talk, talkative: true, ..Limits::default() };
            match manner {
                Manner::Refuse(status) => call.reject(status).await,
                Manner::RingOnly => call.ring().await,
                Manner::Answer => {
                    call.ring().await;
                    return answer_later(call, after, voice.options(number), limits, stop).await;
                }
            }
            limits.talk = None;
            drive(call, limits, &stop).await
        }
    }
}

/// Answers after the ringing time, unless the caller gives up first.
async fn answer_later(
    mut call: Call,
    after: Duration,
    options: crate::CallOptions,
    limits: Limits,
    stop: CancellationToken,
) -> CallReport {
    let answer_at = crate::clock::now() + after;
    loop {
        tokio::select! {
            event = call.next_event() => match event {
                Some(event) => output::event(&event),
                None => return call.finish().await,
            },
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(answer_at) => {
                if let Err(error) = call.answer(options).await {
                    output::progress(&error.chinese(), &error.to_string());
                    call.reject(500).await;
                }
                break;
            }
        }
    }
    drive(call, limits, &stop).await
}

/// A duration from a range.
pub(super) fn draw(random: &mut StdRng, range: MsRange) -> Duration {
    Duration::from_millis(random.random_range(range.min..=range.max))
}

/// The seed given, or a fresh one; printed either way.
pub(super) fn seed_or_draw(seed: Option<u64>) -> u64 {
    let seed = seed.unwrap_or_else(|| crate::entropy::number() >> 32);
    output::progress(&format!("随机种子 {seed}"), "seed");
    seed
}
