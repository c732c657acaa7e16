/** Who is owed a call: loaded at once, again when the floor has changed, and every ten seconds in any case. */

import { onMounted, onUnmounted, ref } from "vue";

import { api } from "@/shared/api";
import { useLive } from "@/shared/live";
import type { WorkList } from "@/shared/misses.types";
import { sayProblem } from "@/shared/say";

const LOAD_AFTER_CHANGE_MS = 5_000;
/** Agents' pages hear nothing of other people's calls: they look by themselves. */
const LOAD_EVERY_MS = 10_000;

const EMPTY: WorkList = {
  items: [],
  counts: { open: 0, overdue: 0, emergency: 0, elder: 0, repeat: 0, claimed: 0, resting: 0 },
  calls_from: null,
};

export function useReturns() {
  const live = useLive();
  const list = ref<WorkList>(EMPTY);
  let due: ReturnType<typeof setTimeout> | undefined;
  let beat: ReturnType<typeof setInterval> | undefined;
  let ends: (() => void)[] = [];
  let silent = false;

  async function load(): Promise<void> {
    try {
      list.value = await api.missedCallReturns();
      silent = false;
    } catch (thrown) {
      // A server that is away is said once, not every ten seconds.
      if (!silent) sayProblem(thrown);
      silent = true;
    }
  }

  function changed(): void {
    due ??= setTimeout(() => {
      due = undefined;
      void load();
    }, LOAD_AFTER_CHANGE_MS);
  }

  onMounted(() => {
    ends = [live.on("board", changed), live.on("resync", changed)];
    beat = setInterval(() => void load(), LOAD_EVERY_MS);
    void load();
  });
  onUnmounted(() => {
    clearTimeout(due);
    clearInterval(beat);
    for (const end of ends) end();
  });

  return { list, load };
}
