/** Training and meetings are suspended while calls pile up: told to whoever sits in one, until she has come back. */

import { onMounted, onUnmounted, ref, watch } from "vue";

import { useAgent } from "@/shared/agent";
import { useLive } from "@/shared/live";
import { RingTone } from "@/shared/softphone/ring-tone";

export function useTrainingSuspended() {
  const agent = useAgent();
  const live = useLive();
  const tone = new RingTone();
  const suspended_text = ref("");
  let end: (() => void) | undefined;

  onMounted(() => {
    end = live.on("training_suspended", (data) => {
      suspended_text.value = (data as { text: string }).text;
      // She may look elsewhere.
      tone.zip();
    });
  });
  onUnmounted(() => {
    end?.();
    tone.stop();
  });
  // Whatever she does next, the notice has been read.
  watch(
    () => `${agent.view?.state.name ?? ""} ${agent.view?.state.reason ?? ""}`,
    () => {
      suspended_text.value = "";
    },
  );

  return { suspended_text };
}
