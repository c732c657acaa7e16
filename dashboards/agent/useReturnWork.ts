/** Calling missed callers back: what may be done with each duty now, and doing it. */

import { computed, ref } from "vue";

import { useAgent } from "@/shared/agent";
import { api } from "@/shared/api";
import type { MissedCallReturn } from "@/shared/misses.types";
import { sayProblem } from "@/shared/say";
import { useReturns } from "@/shared/useReturns";

/** So many attempts in vain let a duty be given up, unless the centre has set another number: the server decides. */
const ATTEMPTS_BEFORE_GIVING_UP = 3;

/** The call that was made for a duty last; it outlives the panel, which goes with its tab. */
const made = ref<{ duty: string; call: string } | null>(null);

/** What can be done with a duty: somebody else's is left alone. */
export interface Doable {
  claim: boolean;
  release: boolean;
  dial: boolean;
  give_up: boolean;
}

export function doableWith(duty: MissedCallReturn, night: boolean, busy: boolean): Doable {
  const mine = duty.claim?.mine === true;
  return {
    claim: duty.claim === null,
    release: mine,
    dial: mine && !night && !busy && duty.next_at === null,
    give_up: mine && duty.attempts >= ATTEMPTS_BEFORE_GIVING_UP,
  };
}

export function useReturnWork() {
  const agent = useAgent();
  const { list, load } = useReturns();
  const working = ref(false);

  const busy = computed(() => {
    const state = agent.view?.state.name;
    return agent.dialling || state === "outbound" || state === "talking" || state === "ringing";
  });
  const night = computed(() => list.value.calls_from !== null);

  /** Does one thing after the other, and shows what has become of the list either way. */
  async function act(what: () => Promise<unknown>): Promise<void> {
    if (working.value) return;
    working.value = true;
    try {
      await what();
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      working.value = false;
      await load();
    }
  }

  const claimNext = (): Promise<void> => act(() => api.claimNextReturn());
  const claim = (duty: string): Promise<void> => act(() => api.claimReturn(duty));
  const release = (duty: string): Promise<void> => act(() => api.releaseReturn(duty));
  const giveUp = (duty: string, note: string): Promise<void> => act(() => api.giveUpReturn(duty, note));
  const dial = (duty: string): Promise<void> =>
    act(async () => {
      const call = await agent.callBack(duty);
      if (call !== null) made.value = { duty, call };
    });
  const doable = (duty: MissedCallReturn): Doable => doableWith(duty, night.value, busy.value || working.value);
  /** The duty of hers that is called by key: the most pressing that may be called now. */
  const callable = computed(() => list.value.items.find((duty) => doable(duty).dial) ?? null);

  return { list, made, busy, night, callable, claimNext, claim, release, giveUp, dial, doable };
}
