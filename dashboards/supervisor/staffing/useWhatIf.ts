/** The what-if form: what is asked, and the answer. */

import { computed, reactive, type Ref, ref, watch } from "vue";

import { asProblem, type FieldError } from "@/shared/problem";
import { sayProblem } from "@/shared/say";
import { staffingApi } from "@/supervisor/staffing/api";
import { halfHourSpan } from "@/supervisor/staffing/days";
import type { Change, WhatIf, WhatIfWish } from "@/supervisor/staffing/types";

export interface WhatIfForm {
  calls_percent: number;
  move: { agents: number; from: string; to: string };
  reserve: { agents: number; during: string };
  wrap_up: { on: boolean; to_s: number; during: string };
}

/** Moves three agents at first: the question that is asked most. */
export const emptyForm = (): WhatIfForm => ({
  calls_percent: 100,
  move: { agents: 0, from: "14:00-16:00", to: "10:00-12:00" },
  reserve: { agents: 0, during: "10:00-12:00" },
  wrap_up: { on: false, to_s: 30, during: "10:00-12:00" },
});

/** What is asked; lines with nobody in them ask nothing. */
export function wishOf(day: string, form: WhatIfForm): WhatIfWish {
  const changes: Change[] = [];
  if (form.move.agents > 0) changes.push({ change: "move_agents", ...form.move });
  if (form.reserve.agents > 0) changes.push({ change: "open_reserve", ...form.reserve });
  if (form.wrap_up.on) {
    changes.push({ change: "shorten_wrap_up", to_s: form.wrap_up.to_s, during: form.wrap_up.during });
  }
  return { day, calls_percent: form.calls_percent, changes };
}

/** Whether every span that is asked about lies on the grid. */
export function isComplete(form: WhatIfForm): boolean {
  const { move, reserve, wrap_up } = form;
  const right = (text: string) => halfHourSpan(text) !== null;
  const moves = move.agents === 0 || (right(move.from) && right(move.to));
  return moves && (reserve.agents === 0 || right(reserve.during)) && (!wrap_up.on || right(wrap_up.during));
}

/** Calls that the change saves; below 0: that it costs. */
export const saved = (answer: WhatIf): number => Math.round((answer.before.lost - answer.after.lost) * 10) / 10;

export function useWhatIf(day: Ref<string>) {
  const form = reactive(emptyForm());
  const answer = ref<WhatIf | null>(null);
  const faults = ref<FieldError[]>([]);
  const busy = ref(false);
  const complete = computed(() => isComplete(form));

  async function ask(): Promise<void> {
    busy.value = true;
    faults.value = [];
    try {
      answer.value = await staffingApi.whatIf(wishOf(day.value, form));
    } catch (thrown) {
      answer.value = null;
      faults.value = asProblem(thrown).errors;
      if (faults.value.length === 0) sayProblem(thrown);
    } finally {
      busy.value = false;
    }
  }

  watch(day, () => {
    answer.value = null;
    faults.value = [];
  });

  return { form, answer, faults, busy, complete, ask };
}
