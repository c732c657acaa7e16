/**
 * Reporting an abusive caller, during the call or while it is wrapped up: the distributor then gives her a break. What was
 * reported is known to this page alone; reporting the same call again changes nothing.
 */

import { computed, ref } from "vue";

import { useAgent } from "@/shared/agent";
import type { StateName } from "@/shared/api.types";
import { sayDone } from "@/shared/say";
import { TEXT } from "@/agent/text";

const IN_OR_AFTER_A_CALL: ReadonlySet<StateName> = new Set<StateName>(["talking", "outbound", "wrap_up"]);

export function useAbuseReport() {
  const agent = useAgent();
  const reported_call = ref<string | null>(null);
  const sending = ref(false);

  /** The call that can be reported now. */
  const call = computed(() => {
    const state = agent.view?.state;
    if (state === undefined || !IN_OR_AFTER_A_CALL.has(state.name) || state.phase === "own_phone") return null;
    return state.call ?? agent.view?.current_call?.call ?? null;
  });
  const reported = computed(() => call.value !== null && call.value === reported_call.value);

  async function send(of: string): Promise<void> {
    sending.value = true;
    if (await agent.command("report_abuse")) {
      reported_call.value = of;
      sayDone(TEXT.abuse.done);
    }
    sending.value = false;
  }

  /** Says whether there was anything to report. */
  function report(): boolean {
    if (call.value === null) return false;
    if (!reported.value && !sending.value) void send(call.value);
    return true;
  }

  return { call, reported, report };
}
