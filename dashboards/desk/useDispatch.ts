/** The dispatch form: the catalogue's unit is chosen already, another one needs a reason. */

import { computed, reactive, type Ref, watch } from "vue";

import type { WorkOrderCommand, WorkOrderView } from "@/shared/api.types";

export function useDispatch(order: Ref<WorkOrderView | null>) {
  const form = reactive({ lead_unit: "", assist_units: [] as string[], opinion: "", reason: "" });
  const suggested = computed(() => order.value?.suggested_unit?.lead_units[0]?.code ?? "");
  /** Who assists by the catalogue: shown, chosen by a person. */
  const assisting = computed(() =>
    (order.value?.suggested_unit?.assist_units ?? []).map((unit) => unit.name).join("、"),
  );
  const deviates = computed(() => form.lead_unit !== suggested.value && suggested.value !== "");
  const complete = computed(
    () => form.lead_unit !== "" && (!deviates.value || form.reason.trim() !== ""),
  );

  watch(
    () => order.value?.id,
    () => {
      form.lead_unit = suggested.value;
      form.assist_units = [];
      form.opinion = "";
      form.reason = "";
    },
    { immediate: true },
  );

  function command(): WorkOrderCommand {
    return {
      type: "dispatch",
      lead_unit: form.lead_unit,
      assist_units: form.assist_units,
      opinion: form.opinion.trim(),
      ...(deviates.value ? { reason: form.reason.trim() } : {}),
    };
  }

  return { form, suggested, assisting, deviates, complete, command };
}
