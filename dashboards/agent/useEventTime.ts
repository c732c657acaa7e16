/** The event's time as the date picker wants it. */

import { computed, type Ref } from "vue";

import type { Intake } from "@/shared/api.types";
import { businessNow } from "@/shared/clock";

export function useEventTime(intake: Ref<Intake | null>) {
  const picked = computed({
    get: () => {
      const at = intake.value?.demand.event_at;
      return at ? new Date(at) : null;
    },
    set: (at: Date | null) => {
      if (intake.value) intake.value.demand.event_at = at ? at.toISOString() : null;
    },
  });
  function setNow(): void {
    picked.value = new Date(businessNow());
  }
  return { picked, setNow };
}
