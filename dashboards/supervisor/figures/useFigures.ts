/** What the page asks, and the answer: loaded when the question changes, again every 30 s while the span runs. */

import { computed, onMounted, onUnmounted, ref, shallowRef, watch } from "vue";

import { wallNow } from "@/shared/clock";
import { sayProblem } from "@/shared/say";
import { exportAddress, figuresApi, type Question } from "@/supervisor/figures/requests";
import { lengthOfDays, namedDays, type SpanName, spanOfDays } from "@/supervisor/figures/spans";
import type { Correction, Figures, Slice } from "@/supervisor/figures/types";

const RELOAD_EVERY_MS = 30_000;
const HALF_HOUR_DAYS_MAX = 31;

export function useFigures() {
  const days = ref<[string, string]>(namedDays("today", wallNow()));
  const slice = ref<Slice>("half_hour");
  const reading = ref("strict");
  const figures = shallowRef<Figures | null>(null);
  const corrections = shallowRef<Correction[]>([]);
  const loading = ref(false);
  let asked = 0;
  let timer: ReturnType<typeof setInterval> | undefined;

  const tooLong = computed(() => slice.value === "half_hour" && lengthOfDays(...days.value) > HALF_HOUR_DAYS_MAX);
  const question = computed<Question>(() => ({
    ...spanOfDays(...days.value),
    slice: slice.value,
    reading: reading.value,
  }));
  const file = computed(() => (figures.value ? exportAddress(question.value, figures.value.as_of) : ""));
  const over = computed(() => figures.value?.shown != null);

  /** The newest question wins: an answer that comes after a later question was asked is dropped. */
  async function load(): Promise<void> {
    if (tooLong.value) return;
    const turn = ++asked;
    const { from, until } = question.value;
    loading.value = true;
    try {
      const found = await figuresApi.look(question.value);
      // Only of what is over something can have been shown that is known better now.
      const corrected = found.shown === null ? [] : (await figuresApi.corrections({ from, until })).items;
      if (turn !== asked) return;
      figures.value = found;
      corrections.value = corrected;
    } catch (thrown) {
      if (turn === asked) sayProblem(thrown);
    } finally {
      if (turn === asked) loading.value = false;
    }
  }

  function choose(name: SpanName): void {
    days.value = namedDays(name, wallNow());
    if (tooLong.value) slice.value = "day";
  }

  /** A date field that was emptied says nothing. */
  function setDay(which: 0 | 1, day: string): void {
    if (Number.isNaN(Date.parse(day))) return;
    days.value = which === 0 ? [day, days.value[1]] : [days.value[0], day];
  }

  watch(question, () => void load());
  onMounted(() => {
    void load();
    timer = setInterval(() => {
      if (!over.value) void load();
    }, RELOAD_EVERY_MS);
  });
  onUnmounted(() => {
    clearInterval(timer);
  });

  return { days, slice, reading, figures, corrections, loading, tooLong, over, file, choose, setDay, load };
}
