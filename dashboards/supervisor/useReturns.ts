/** Who is owed a call: loaded at once, and again when the floor has changed, at most every 5 seconds. */

import { onMounted, onUnmounted, ref } from "vue";

import { api } from "@/shared/api";
import type { MissedCallReturn } from "@/shared/api.types";
import { useLive } from "@/shared/live";
import { sayProblem } from "@/shared/say";

const LOAD_EVERY_MS = 5_000;

export function useReturns() {
  const live = useLive();
  const returns = ref<MissedCallReturn[]>([]);
  let due: ReturnType<typeof setTimeout> | undefined;
  let ends: (() => void)[] = [];

  async function load(): Promise<void> {
    try {
      returns.value = (await api.missedCallReturns()).items;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  function changed(): void {
    due ??= setTimeout(() => {
      due = undefined;
      void load();
    }, LOAD_EVERY_MS);
  }

  onMounted(() => {
    ends = [live.on("board", changed), live.on("resync", changed)];
    void load();
  });
  onUnmounted(() => {
    clearTimeout(due);
    for (const end of ends) end();
  });

  return { returns };
}
