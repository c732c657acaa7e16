/** What is known of the number that calls: last place, earlier orders and calls. */

import { ref, type Ref, watch } from "vue";

import { api } from "@/shared/api";
import type { CallerHistory } from "@/shared/api.types";
import { sayProblem } from "@/shared/say";

export function useCallerHistory(call: Ref<string | null>) {
  const history = ref<CallerHistory | null>(null);

  watch(
    call,
    async (id, before) => {
      if (id === before) return;
      history.value = null;
      if (id === null) return;
      try {
        const found = await api.callerHistory(id);
        if (call.value === id) history.value = found;
      } catch {
        // The call is more important than its past: the card then simply shows no history.
        history.value = null;
      }
    },
    { immediate: true },
  );
  /** Notes whether the caller is elderly: she is then called back before others. */
  async function noteElder(elder: boolean): Promise<void> {
    const id = call.value;
    if (id === null) return;
    try {
      const found = await api.noteElder(id, elder);
      if (call.value === id) history.value = found;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  return { history, noteElder };
}
