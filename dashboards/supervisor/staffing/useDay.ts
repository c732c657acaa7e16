/** The day that is looked at, and its plan; today's is loaded again every minute. */

import { computed, onMounted, onUnmounted, ref, watch } from "vue";

import { useWallNow } from "@/shared/clock";
import { sayProblem } from "@/shared/say";
import { staffingApi } from "@/supervisor/staffing/api";
import { dayAt } from "@/supervisor/staffing/days";
import type { DayPlan } from "@/supervisor/staffing/types";

const LOAD_EVERY_MS = 60_000;

export function useDay() {
  const now = useWallNow(30_000);
  const today = computed(() => dayAt(now.value));
  const day = ref(today.value);
  const plan = ref<DayPlan | null>(null);
  let every: ReturnType<typeof setInterval> | undefined;

  async function load(): Promise<void> {
    const wanted = day.value;
    try {
      const loaded = await staffingApi.day(wanted);
      // She may have gone on to another day meanwhile.
      if (wanted === day.value) plan.value = loaded;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  watch(day, load);
  onMounted(() => {
    void load();
    every = setInterval(() => {
      if (day.value === today.value) void load();
    }, LOAD_EVERY_MS);
  });
  onUnmounted(() => {
    clearInterval(every);
  });

  return { today, day, plan, load };
}
