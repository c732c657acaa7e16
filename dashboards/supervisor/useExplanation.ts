/** The explanation of the call that was chosen; a later choice wins over a slower answer. */

import { ref } from "vue";

import { api } from "@/shared/api";
import type { Explanation } from "@/shared/misses.types";
import { sayProblem } from "@/shared/say";

export function useExplanation() {
  const shown = ref<Explanation | null>(null);
  let wanted: string | null = null;

  async function open(call: string): Promise<void> {
    wanted = call;
    try {
      const explanation = await api.explanation(call);
      if (wanted === call) shown.value = explanation;
    } catch (thrown) {
      if (wanted === call) sayProblem(thrown);
    }
  }

  function close(): void {
    wanted = null;
    shown.value = null;
  }

  return { shown, open, close };
}
