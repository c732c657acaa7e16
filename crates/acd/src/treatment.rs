//! The waiting treatment: what a caller hears for whom nobody is free.

use types::CallId;

use crate::core::Acd;
use crate::effect::{AnswerMode, Order, Treatment};
use crate::record::Record;
use crate::timers::Timer;

impl Acd {
    /// Callers for whom nobody is free hear the treatment of their number at once.
    pub(crate) fn treat_unoffered(&mut self) {
        let unoffered: Vec<CallId> = self
            .touched_calls
            .iter()
            .copied()
            .filter(|call| {
                self.inbound(*call)
                    .is_some_and(|inbound| !inbound.treated && inbound.is_unoffered())
            })
            .collect();
        for call in unoffered {
            self.treat(call);
        }
    }

    pub(crate) fn treat(&mut self, call: CallId) {
        let Some(inbound) = self.inbound(call).filter(|inbound| !inbound.treated) else { return };
        let plan = self.config.waiting_for(&inbound.dialled);
        let answer = plan.answer;
        let heard = inbound.leg_answered || answer != AnswerMode::KeepRinging;
        let mut prompts = if inbound.emergency {
            self.config.screening.emergency_prompts.clone()
        } else {
            Vec::new()
        };
        let notices: Vec<_> = self
            .config
            .surge_notices
            .iter()
            .filter(|it| heard && it.concerns(self.now, &inbound.dialled, inbound.caller.as_ref()))
            .map(|notice| (notice.id.clone(), notice.prompts.clone()))
            .collect();
        prompts.extend(notices.iter().flat_map(|(_, prompts)| prompts.iter().cloned()));
        prompts.extend(plan.prompts.iter().cloned());
        let treatment =
            if prompts.is_empty() { Treatment::Music } else { Treatment::Prompts { prompts } };
        for (notice, _) in notices {
            self.record(Record::SurgeNoticePlayed { call, notice });
        }
        self.order_treatment(call, treatment, answer);
    }

    /// A caller whose bridge has failed hears music again.
    pub(crate) fn treat_again(&mut self, call: CallId) {
        if let Some(inbound) = self.inbound(call) {
            let answer = self.config.waiting_for(&inbound.dialled).answer;
            self.order_treatment(call, Treatment::Music, answer);
        }
    }

    pub(crate) fn order_treatment(
        &mut self,
        call: CallId,
        treatment: Treatment,
        configured: AnswerMode,
    ) {
        self.timers.cancel(&Timer::Music(call));
        let now = self.now;
        let Some(inbound) = self.inbound_mut(call) else { return };
        inbound.treated = true;
        let answer = if inbound.leg_answered { AnswerMode::Answer } else { configured };
        if answer == AnswerMode::KeepRinging {
            return;
        }
        inbound.heard.sound = true;
        if matches!(treatment, Treatment::Prompts { .. }) {
            inbound.heard.prompts_at = Some(now);
        }
        let (gateway, leg) = (inbound.gateway.clone(), inbound.leg);
        self.touched_calls.insert(call);
        self.order(&gateway, Order::Treat { call, leg, treatment, answer });
    }
}
