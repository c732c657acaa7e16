/** The dispatch form: the catalogue's unit is chosen already, another one needs a reason. */

import { computed, reactive, type Ref, watch } from "vue";

import type { Unit, WorkOrderCommand, WorkOrderView } from "@/shared/api.types";

export function unitCode(unit: Unit | null | undefined): string {
  if (unit === null || unit === undefined) return "";
  return typeof unit === "string" ? unit : unit.code;
}

export function useDispatch(order: Ref<WorkOrderView | null>) {
  const form = reactive({ lead_unit: "", assist_units: [] as string[], opinion: "", reason: "" });
  const suggested = computed(() => unitCode(order.value?.suggested_unit));
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

  return { form, suggested, deviates, complete, command };
}
