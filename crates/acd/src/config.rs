//! What a centre has decided about its floor. Arrives as an input, so that the journal is complete.
//!
//! Owns the limits and their defaults; never reads a file.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use types::QueueCode;

use crate::effect::AnswerMode;
use crate::lines::{CHANNELS_MAX, Line};
use crate::queue::QueuePolicy;
use crate::strain::OccupancyCeiling;
use crate::tiers::Tier;
use crate::waiting_rules::{
    AnnouncementRules, QueueCallbackRules, ReturnHours, ScreeningRules, SurgeNotice,
};

/// Shortest and longest ring that make sense.
const RING_MS_MIN: u32 = 500;
const RING_MS_MAX: u32 = 300_000;
/// Longest span of any other kind: a week.
const SPAN_MS_MAX: u64 = 7 * 24 * 3_600_000;

/// Every limit of the core. A field that is missing in an older journal takes its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// The owner's fencing number: the high half of every leg id that the core derives.
    pub epoch: u64,
    /// How long one agent rings before the next one does (architecture section 7: 6 s).
    pub ring_limit_ms: u32,
    /// The same for a phone that answers by itself: it has done so after half a second, or has failed (2 s).
    /// With 46 agents and one offer in ten failing it wins 0.3 points of the share within 15 s over 6 s (`simulation::guard`).
    pub auto_answer_ring_limit_ms: u32,
    /// How much longer a phone rings past its limit, beside the next agent's or alone: a late answer is better than
    /// none. 0: it stops at the limit, as one that answers by itself always does. Wins 0.2 points
    /// where agents pick up by hand as people do, 0.4 where their times are exponential.
    pub ring_on_ms: u32,
    /// So many agents ring at once from the beginning where many are idle; the first who answers has the call, the others
    /// keep their idle clocks. 1: never more than one. Wins more than a point by hand: fewer callers give up while a
    /// phone rings.
    pub agents_at_once: u32,
    /// Many are idle for a call while at least so many are ready for it beside those who ring.
    pub at_once_spare: u32,
    /// How long an agent who did not answer, or refused, is left alone (5 s).
    pub warn_pause_ms: u64,
    /// Lapses in a row that make an agent Not-Ready "no answer" (2).
    pub lapses_max: u32,
    /// From this age of the ring two agents ring at once (8 s).
    pub second_agent_after_ms: u64,
    /// From this age of the ring the reserve rings too (12 s); a queue may open single tiers of it sooner or later.
    pub reserve_after_ms: u64,
    /// How many reserve agents ring at once for one call.
    pub reserve_at_once: u32,
    /// The 15-second target (K2): a wait of exactly this long still meets it.
    pub answer_target_ms: u64,
    /// A caller who has waited this long hears the waiting treatment even while agents ring.
    pub music_after_ms: u64,
    /// How long a gateway has to bridge two answered legs before the caller is queued again (R14).
    pub connect_limit_ms: u64,
    /// How long a gateway has to report the end of a call whose agent hung up.
    pub hang_up_limit_ms: u64,
    /// How long an agent's phone that sends nothing has to come back before its caller goes first in
    /// the queue. The gateway reports after 2 s, so 23 s make 25 s in all (R17).
    pub media_return_ms: u64,
    /// A refused call is not offered to the same agent again for this long, unless nobody else is
    /// ready (R18).
    pub refused_pause_ms: u64,
    /// Wrap-up is over after this (domain 11.1: 90 s).
    pub wrap_up_ms: u64,
    /// What one extension of a wrap-up adds.
    pub wrap_up_extension_ms: u64,
    /// Extensions of one wrap-up.
    pub wrap_up_extensions_max: u32,
    /// Ready is granted if the headset was proved at most this long ago (R07).
    pub proof_valid_ms: u64,
    /// A ready agent whose device is gone this long becomes Not-Ready.
    pub device_grace_ms: u64,
    /// The same while her gateway is away or has just come back.
    pub gateway_return_ms: u64,
    /// A gateway away for longer has dropped its calls: they become missed-call returns.
    pub gateway_grace_ms: u64,
    /// Click-to-dial: how long the clerk's own phone rings.
    pub own_phone_ring_limit_ms: u32,
    /// Click-to-dial: how long the called person's phone rings.
    pub outbound_ring_limit_ms: u32,
    /// Waiting callers; one more is refused.
    pub queue_len_max: u32,
    /// How long an ended call is remembered, so that late facts about it do nothing.
    pub remember_ended_ms: u64,
    /// Whether conversations are recorded.
    pub record: bool,
    /// Prompts that caller and agent hear as they are connected (ids of `prompts/prompts.csv`).
    pub notice: Vec<String>,
    /// Prompts that a caller hears, before the music, who lost the agent and waits again.
    pub return_notice: Vec<String>,
    /// Prompts that the called person hears when a click-to-dial call is connected.
    pub outbound_notice: Vec<String>,
    /// The number shown to people we call.
    pub caller_id: String,
    /// What waiting callers hear on numbers that `numbers` does not name.
    pub waiting: WaitingTreatment,
    /// By dialled number.
    pub numbers: BTreeMap<String, WaitingTreatment>,
    /// The rules of calls that name no queue, or one that `queues` does not have.
    pub queue: QueuePolicy,
    pub queues: BTreeMap<QueueCode, QueuePolicy>,
    /// By command: `true` opens a tier of the reserve to every call at once, `false` keeps it shut; one that is not named
    /// opens by the rules of the queues.
    pub reserve_open: BTreeMap<Tier, bool>,
    /// Neighbouring centres' numbers: [`Tier::Neighbour`].
    pub lines: Vec<Line>,
    pub occupancy: OccupancyCeiling,
    /// The break after a call that the agent has marked as abusive; 0: none.
    pub abuse_break_ms: u64,
    /// Who hung up while waiting and calls again within this has the place of the earlier call.
    pub redial_keeps_place_ms: u64,
    /// The call back offered to waiting callers.
    pub queue_callback: QueueCallbackRules,
    /// When people may be called back.
    pub return_hours: ReturnHours,
    /// When waiting callers are told place and expected wait.
    pub announcements: AnnouncementRules,
    /// What callers hear about mass events, before the music.
    pub surge_notices: Vec<SurgeNotice>,
    /// How callers on the screen list are treated.
    pub screening: ScreeningRules,
}

/// What a waiting caller hears once nobody is free, or after `music_after_ms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingTreatment {
    /// `KeepRinging`: nothing of ours is heard, the carrier's tone goes on.
    pub answer: AnswerMode,
    /// Played once, before the music.
    #[serde(default)]
    pub prompts: Vec<String>,
}

impl Default for WaitingTreatment {
    fn default() -> Self {
        Self { answer: AnswerMode::EarlyMedia, prompts: Vec::new() }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            epoch: 0,
            ring_limit_ms: 6_000,
            auto_answer_ring_limit_ms: 2_000,
            ring_on_ms: 5_000,
            agents_at_once: 3,
            at_once_spare: 3,
            warn_pause_ms: 5_000,
            lapses_max: 2,
            second_agent_after_ms: 8_000,
            reserve_after_ms: 12_000,
            reserve_at_once: 2,
            answer_target_ms: 15_000,
            music_after_ms: 15_000,
            connect_limit_ms: 3_000,
            hang_up_limit_ms: 3_000,
            media_return_ms: 23_000,
            refused_pause_ms: 30_000,
            wrap_up_ms: 90_000,
            wrap_up_extension_ms: 60_000,
            wrap_up_extensions_max: 2,
            proof_valid_ms: 4 * 3_600_000,
            device_grace_ms: 5_000,
            gateway_return_ms: 30_000,
            gateway_grace_ms: 2_000,
            own_phone_ring_limit_ms: 20_000,
            outbound_ring_limit_ms: 60_000,
            queue_len_max: 2_000,
            remember_ended_ms: 600_000,
            record: true,
            notice: vec!["greeting".to_owned(), "recording_notice".to_owned()],
            return_notice: vec!["please_hold".to_owned()],
            outbound_notice: Vec::new(),
            caller_id: "12345".to_owned(),
            waiting: WaitingTreatment::default(),
            numbers: BTreeMap::new(),
            queue: QueuePolicy::default(),
            queues: BTreeMap::new(),
            reserve_open: BTreeMap::new(),
            lines: Vec::new(),
            occupancy: OccupancyCeiling::default(),
            abuse_break_ms: 300_000,
            redial_keeps_place_ms: 120_000,
            queue_callback: QueueCallbackRules::default(),
            return_hours: ReturnHours::default(),
            announcements: AnnouncementRules::default(),
            surge_notices: Vec::new(),
            screening: ScreeningRules::default(),
        }
    }
}

impl Config {
    /// What a caller of `dialled` hears while waiting.
    #[must_use]
    pub fn waiting_for(&self, dialled: &str) -> &WaitingTreatment {
        self.numbers.get(dialled).unwrap_or(&self.waiting)
    }

    /// The rules of a call's queue.
    #[must_use]
    pub fn policy(&self, queue: Option<&QueueCode>) -> &QueuePolicy {
        queue.and_then(|queue| self.queues.get(queue)).unwrap_or(&self.queue)
    }

    pub(crate) fn ring_limit(&self) -> Duration {
        millis(u64::from(self.ring_limit_ms))
    }

    /// How long an agent's phone rings for an offer before the next one's does.
    pub(crate) const fn offer_limit_ms(&self, auto_answer: bool) -> u32 {
        if auto_answer { self.auto_answer_ring_limit_ms } else { self.ring_limit_ms }
    }

    /// How much longer it rings past that.
    pub(crate) const fn offer_rings_on_ms(&self, auto_answer: bool) -> u32 {
        if auto_answer { 0 } else { self.ring_on_ms }
    }

    /// The same with every span long enough that a deadline lies in the future when it is set, and
    /// short enough that no sum overflows.
    #[must_use]
    pub(crate) fn within_bounds(mut self) -> Self {
        for span in [
            &mut self.ring_limit_ms,
            &mut self.auto_answer_ring_limit_ms,
            &mut self.own_phone_ring_limit_ms,
            &mut self.outbound_ring_limit_ms,
        ] {
            *span = (*span).clamp(RING_MS_MIN, RING_MS_MAX);
        }
        self.ring_on_ms = self.ring_on_ms.min(RING_MS_MAX);
        for span in [
            &mut self.warn_pause_ms,
            &mut self.second_agent_after_ms,
            &mut self.reserve_after_ms,
            &mut self.answer_target_ms,
            &mut self.music_after_ms,
            &mut self.connect_limit_ms,
            &mut self.hang_up_limit_ms,
            &mut self.media_return_ms,
            &mut self.refused_pause_ms,
            &mut self.wrap_up_ms,
            &mut self.wrap_up_extension_ms,
            &mut self.proof_valid_ms,
            &mut self.device_grace_ms,
            &mut self.gateway_return_ms,
            &mut self.gateway_grace_ms,
            &mut self.remember_ended_ms,
            &mut self.redial_keeps_place_ms,
        ] {
            *span = (*span).clamp(1, SPAN_MS_MAX);
        }
        self.reserve_after_ms = self.reserve_after_ms.max(self.second_agent_after_ms);
        self.lapses_max = self.lapses_max.max(1);
        self.abuse_break_ms = self.abuse_break_ms.min(SPAN_MS_MAX);
        self.occupancy.micro_break_ms = self.occupancy.micro_break_ms.min(SPAN_MS_MAX);
        for line in &mut self.lines {
            line.ring_limit_ms = line.ring_limit_ms.clamp(RING_MS_MIN, RING_MS_MAX);
            line.channels = line.channels.min(CHANNELS_MAX);
        }
        self.queue = self.queue.within_bounds();
        let queues = std::mem::take(&mut self.queues).into_iter();
        self.queues = queues.map(|(code, policy)| (code, policy.within_bounds())).collect();
        self.queue_callback.bound();
        self.return_hours.bound();
        self.announcements.bound();
        self.screening.bound();
        self
    }
}

/// Milliseconds of the configuration as a span.
pub(crate) const fn millis(ms: u64) -> Duration {
    Duration::from_millis(ms)
}
