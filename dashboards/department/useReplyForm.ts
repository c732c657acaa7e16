/** The unit's reply with the question every result asks: has the petitioner been told? (domain 8.1) */

import { computed, reactive, type Ref, watch } from "vue";

import type {
  FeedbackMeans,
  HandlingOutcome,
  Telling,
  WorkOrderCommand,
  WorkOrderView,
} from "@/shared/api.types";
import { businessNow } from "@/shared/clock";

function empty() {
  return {
    outcome: "solved" as HandlingOutcome,
    internal_text: "",
    public_text: "",
    unsolved_reason: "",
    told: null as boolean | null,
    means: "phone" as FeedbackMeans,
    told_at: null as Date | null,
    reason: "",
  };
}

export function useReplyForm(order: Ref<WorkOrderView | null>) {
  const form = reactive(empty());

  watch(
    () => order.value?.id,
    () => {
      // A reply that was sent back is corrected, not written again.
      const before = order.value?.reply?.content;
      Object.assign(form, empty(), {
        ...(before
          ? {
              outcome: before.outcome,
              internal_text: before.internal_text ?? "",
              public_text: before.public_text,
              unsolved_reason: before.unsolved_reason ?? "",
            }
          : {}),
      });
    },
    { immediate: true },
  );

  const complete = computed(
    () =>
      form.public_text.trim() !== "" &&
      form.internal_text.trim() !== "" &&
      (form.outcome !== "unsolved" || form.unsolved_reason.trim() !== "") &&
      form.told !== null &&
      (form.told || form.reason.trim() !== ""),
  );

  function telling(): Telling {
    if (form.told !== true) return { kind: "not_told", reason: form.reason.trim() };
    const at = form.told_at ?? new Date(businessNow());
    return { kind: "told", means: form.means, told_at: at.toISOString() };
  }

  function command(): WorkOrderCommand | null {
    if (!complete.value) return null;
    return {
      type: "submit_reply",
      reply: {
        outcome: form.outcome,
        internal_text: form.internal_text.trim(),
        public_text: form.public_text.trim(),
        unsolved_reason: form.outcome === "unsolved" ? form.unsolved_reason.trim() : "",
      },
      feedback: telling(),
    };
  }

  return { form, complete, command };
}
