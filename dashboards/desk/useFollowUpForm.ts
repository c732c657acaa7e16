/** The follow-up: whether she was reached, and if so her answers. Process and result are two ratings (D18). */

import { computed, reactive, type Ref, watch } from "vue";

import type { FollowUpTry, Rating, Solved, WorkOrderCommand, WorkOrderView } from "@/shared/api.types";

const UNHAPPY: readonly Rating[] = ["dissatisfied", "very_dissatisfied"];

function empty() {
  return {
    outcome: "reached" as "reached" | "missed",
    miss: "no_answer",
    contacted: null as boolean | null,
    told: null as boolean | null,
    solved: null as Solved | null,
    process_rating: null as Rating | null,
    result_rating: null as Rating | null,
    comment: "",
    dissatisfaction: null as string | null,
    explanation: "",
    alone_on_duty: false,
  };
}

export function useFollowUpForm(order: Ref<WorkOrderView | null>) {
  const form = reactive(empty());
  const unhappy = computed(() =>
    [form.process_rating, form.result_rating].some((rating) => rating !== null && UNHAPPY.includes(rating)),
  );
  const complete = computed(() => {
    if (form.outcome === "missed") return true;
    const explained = form.dissatisfaction !== null && form.explanation.trim() !== "";
    return form.solved !== null && (!unhappy.value || explained);
  });

  watch(
    () => order.value?.id,
    () => Object.assign(form, empty()),
  );

  function attempt(solved: Solved): FollowUpTry {
    return {
      outcome: "reached",
      answers: {
        contacted: form.contacted,
        told: form.told,
        solved,
        process_rating: form.process_rating,
        result_rating: form.result_rating,
        comment: form.comment.trim(),
        dissatisfaction: unhappy.value ? form.dissatisfaction : null,
        explanation: unhappy.value ? form.explanation.trim() : "",
        alone_on_duty: form.alone_on_duty,
      },
    };
  }

  function command(): WorkOrderCommand | null {
    if (!complete.value) return null;
    if (form.outcome === "missed") {
      return {
        type: "record_follow_up",
        follow_up: { outcome: "missed", miss: form.miss, note: form.comment.trim() },
      };
    }
    return form.solved === null
      ? null
      : { type: "record_follow_up", follow_up: attempt(form.solved) };
  }

  return { form, unhappy, complete, command };
}
