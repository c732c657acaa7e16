/** Recordings that lack sound since the alarm was last seen: it stands until somebody says so. */

import { onMounted, onUnmounted, ref } from "vue";

import type { RecordingFailed } from "@/shared/api.types";
import { useLive } from "@/shared/live";

export interface RecordingAlarm {
  /** Calls whose recording lacks sound. */
  calls: Set<string>;
  fault: RecordingFailed["fault"];
  last_at: string;
}

export function useRecordingAlarm() {
  const live = useLive();
  const alarm = ref<RecordingAlarm | null>(null);
  let end: (() => void) | undefined;

  onMounted(() => {
    end = live.on("recording_failed", (data, { at }) => {
      const { call, fault } = data as RecordingFailed;
      alarm.value = { calls: new Set(alarm.value?.calls).add(call), fault, last_at: at };
    });
  });
  onUnmounted(() => end?.());

  function seen(): void {
    alarm.value = null;
  }

  return { alarm, seen };
}
