/** What is known of the number that calls: last place, earlier orders and calls. */

import { ref, type Ref, watch } from "vue";

import { api } from "@/shared/api";
import type { CallerHistory } from "@/shared/api.types";

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
  return history;
}
