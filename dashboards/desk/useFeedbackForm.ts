/** One try to tell the petitioner: how, with what outcome, and the call that proves it. */

import { computed, reactive, ref, type Ref, watch } from "vue";

import { useAgent } from "@/shared/agent";
import type {
  FeedbackMeans,
  FeedbackOutcome,
  WorkOrderCommand,
  WorkOrderView,
} from "@/shared/api.types";
import { businessNow } from "@/shared/clock";

export function useFeedbackForm(order: Ref<WorkOrderView | null>) {
  const agent = useAgent();
  const form = reactive({
    means: "phone" as FeedbackMeans,
    outcome: null as FeedbackOutcome | null,
    note: "",
  });
  /** The call dialled for the open order. */
  const call = ref<string | null>(null);

  const means = computed(() => order.value?.feedback_means ?? []);
  const evening = computed(() => order.value?.feedback != null && !means.value.includes("phone"));

  watch(
    () => order.value?.id,
    () => {
      form.means = means.value[0] ?? "phone";
      form.outcome = null;
      form.note = "";
      call.value = null;
    },
    { immediate: true },
  );

  async function dial(purpose: "feedback" | "follow_up"): Promise<void> {
    const id = order.value?.id;
    if (id === undefined) return;
    const made = await agent.dial(id, purpose);
    if (order.value?.id !== id) return;
    call.value = made ?? call.value;
    form.means = "phone";
  }

  function command(): WorkOrderCommand | null {
    if (form.outcome === null) return null;
    const proof = form.means === "phone" && call.value !== null ? { proof: call.value } : {};
    return {
      type: "record_feedback",
      attempt: {
        means: form.means,
        outcome: form.outcome,
        at: new Date(businessNow()).toISOString(),
        note: form.note.trim(),
        ...proof,
      },
    };
  }

  return { form, call, means, evening, dial, command };
}
