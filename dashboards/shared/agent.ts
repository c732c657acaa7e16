/** The person as the distributor sees her: state, device, the call and the offer in hand. */

import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { api, type AgentCommand } from "@/shared/api";
import type { AgentView, CallView, NotReadyReason, Offer, OfferEnded } from "@/shared/api.types";
import { useLive } from "@/shared/live";
import { asProblem } from "@/shared/problem";
import { sayProblem } from "@/shared/say";

const RING_LIMIT_DEFAULT_MS = 15_000;

/** The offer of a page that was loaded while the call already rang. */
export function offerFromView(view: AgentView): Offer | null {
  const call = view.current_call;
  if (view.state.name !== "ringing" || call === null) return null;
  return {
    call: call.call,
    leg: view.state.leg ?? "",
    caller: call.caller,
    dialled: call.dialled,
    rang_at: call.rang_at,
    waited_ms: 0,
    ring_limit_ms: RING_LIMIT_DEFAULT_MS,
    auto_answer: view.auto_answer,
    second_offer: false,
    returned: call.answered_at !== null,
  };
}

/** Her caller has gone back into the queue: her line stayed away too long (R16). */
export function hasLostCaller(before: AgentView | null, next: AgentView): boolean {
  const { name, reason } = next.state;
  return before?.state.name === "talking" && name === "not_ready" && reason === "device_lost";
}

export const useAgent = defineStore("agent", () => {
  const live = useLive();
  const view = ref<AgentView | null>(null);
  const offer = ref<Offer | null>(null);
  const offer_ended = ref<OfferEnded | null>(null);
  const dialling = ref(false);
  /** The call out that this page has asked for. */
  const dialled_call = ref<string | null>(null);

  /**
   * Her own phone rings for a call out that nobody has dialled: a promised call back whose turn has come. What the
   * call is for may reach the page a moment after the state.
   */
  const given_out = computed(() => {
    const state = view.value?.state;
    if (state?.name !== "outbound" || state.phase !== "own_phone") return false;
    if (dialling.value || state.call === dialled_call.value) return false;
    return (view.value?.current_call?.purpose ?? "queue_callback") === "queue_callback";
  });

  function take(next: AgentView): void {
    if (hasLostCaller(view.value, next)) {
      offer_ended.value = { call: view.value?.state.call ?? "", leg: null, reason: "line_lost" };
    }
    view.value = next;
    if (next.state.name === "ringing") offer.value ??= offerFromView(next);
    else offer.value = null;
    if (next.state.name === "outbound" && dialling.value) {
      dialled_call.value = next.state.call ?? null;
      dialling.value = false;
    }
  }

  async function load(): Promise<void> {
    try {
      take(await api.me());
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  /** Runs a command; a refusal is shown, and what the server says she is now is loaded. */
  async function command(
    name: AgentCommand,
    body: { reason?: NotReadyReason; auto_answer?: boolean } = {},
  ): Promise<boolean> {
    try {
      take(await api.agentCommand(name, body));
      return true;
    } catch (thrown) {
      sayProblem(thrown);
      if (asProblem(thrown).status === 409) await load();
      return false;
    }
  }

  async function setAutoAnswer(on: boolean): Promise<void> {
    try {
      take(await api.settings(on));
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  /** Rings her own softphone first (which answers by itself), then the citizen. */
  async function dialled(ask: () => Promise<{ call: string }>): Promise<string | null> {
    dialling.value = true;
    try {
      const { call } = await ask();
      dialled_call.value = call;
      return call;
    } catch (thrown) {
      dialling.value = false;
      dialled_call.value = null;
      sayProblem(thrown);
      return null;
    }
  }

  const dial = (work_order: string, purpose: "feedback" | "follow_up"): Promise<string | null> =>
    dialled(() => api.dial(work_order, purpose));
  const callBack = (duty: string): Promise<string | null> => dialled(() => api.dialReturn(duty));

  function takeCall(call: CallView): void {
    if (view.value === null) return;
    const mine = view.value.current_call?.call ?? view.value.state.call;
    if (mine === call.call) view.value.current_call = call;
  }

  /** Follows the live connection from now on. */
  function follow(): () => void {
    const ends = [
      live.on("agent_state", (data) => {
        const next = data as AgentView;
        if (view.value === null || next.agent === view.value.agent) take(next);
      }),
      live.on("offer", (data) => {
        const next = data as Offer;
        // The call she talks in comes back to this page: nothing to decide.
        if (view.value?.state.name === "talking" && view.value.state.call === next.call) return;
        offer.value = next;
        offer_ended.value = null;
      }),
      live.on("offer_ended", (data) => {
        const ended = data as OfferEnded;
        if (offer.value?.call === ended.call) offer.value = null;
        offer_ended.value = ended;
      }),
      live.on("call", (data) => {
        takeCall(data as CallView);
      }),
      live.on("hello", () => void load()),
      live.on("resync", () => void load()),
    ];
    return () => {
      for (const end of ends) end();
    };
  }

  return { view, offer, offer_ended, dialling, given_out, load, command, setAutoAnswer, dial, callBack, follow };
});
