/** The agent's page as a whole: what follows from what. */

import { computed, onMounted, onUnmounted, ref, watch } from "vue";

import { useAgent } from "@/shared/agent";
import { useLive } from "@/shared/live";
import { useShortcuts } from "@/shared/shortcuts";
import { useHeadsetCheck } from "@/shared/softphone/useHeadsetCheck";
import { useSoftphone } from "@/shared/softphone/softphone";
import { sayProblem } from "@/shared/say";
import { useCatalogue } from "@/shared/work-order/catalogue";
import { useWords } from "@/shared/words";
import { useCallControl } from "@/shared/softphone/useCallControl";
import { useAbuseReport } from "@/agent/useAbuseReport";
import { useCallerHistory } from "@/agent/useCallerHistory";
import { useDraft } from "@/agent/useDraft";
import { TEXT } from "@/agent/text";
import { useTrainingSuspended } from "@/agent/useTrainingSuspended";

export function useDesk() {
  const agent = useAgent();
  const softphone = useSoftphone();
  const live = useLive();
  const check = useHeadsetCheck();
  const control = useCallControl();
  const draft = useDraft();
  const tab = ref("current");
  const last_call = ref<string | null>(null);
  const { history, noteElder } = useCallerHistory(last_call);
  const abuse = useAbuseReport();
  const { suspended_text } = useTrainingSuspended();
  const ended_text = ref("");

  const caller = computed(
    () => agent.offer?.caller ?? agent.view?.current_call?.caller ?? null,
  );
  const rang_at = computed(() => agent.offer?.rang_at ?? agent.view?.current_call?.rang_at ?? null);
  const last_place = computed(() => history.value?.last_place ?? null);

  async function ready(): Promise<void> {
    if (agent.view?.state.name === "offline") {
      await agent.command("sign_in");
    }
    await agent.command("ready");
  }

  async function finishWrapUp(): Promise<void> {
    await draft.flush();
    await agent.command("finish_wrap_up");
  }

  function readyOrFinish(): boolean {
    const state = agent.view?.state.name;
    if (state === "wrap_up") void finishWrapUp();
    else if ((state === "not_ready" || state === "offline") && check.proved.value) void ready();
    else return false;
    return true;
  }

  async function beforeSignOut(): Promise<void> {
    await draft.flush();
    if (agent.view && agent.view.state.name !== "offline") await agent.command("sign_out");
    softphone.stop();
  }

  // The caller's past is wanted while it rings and stays until the next call.
  watch(
    () => agent.offer?.call ?? agent.view?.current_call?.call ?? null,
    (call) => {
      if (call !== null) last_call.value = call;
    },
  );
  // The form is there at once when a citizen's call connects, or the call back that she was promised.
  watch(
    () => {
      const { state, current_call: call } = agent.view ?? {};
      const inbound = state?.name === "talking" && call?.direction === "inbound";
      const promised = state?.phase === "talking" && call?.purpose === "queue_callback";
      return inbound || promised ? (call?.call ?? null) : null;
    },
    (call) => {
      if (call === null) return;
      tab.value = "current";
      void draft.openForCall(call, agent.view?.current_call?.work_order ?? null);
    },
  );
  watch(
    () => agent.offer_ended,
    (ended) => {
      const talking = agent.view?.state.name === "talking" || softphone.call?.stage === "talking";
      ended_text.value =
        ended === null || talking || ended.reason === "answered"
          ? ""
          : (TEXT.ended[ended.reason] ?? TEXT.ended.other ?? "");
    },
  );
  watch(
    () => agent.offer,
    (offer) => {
      if (offer !== null) ended_text.value = "";
    },
  );

  useShortcuts({
    F2: control.answer,
    Space: control.answer,
    F4: control.reject,
    F6: control.hold,
    F8: control.hangUp,
    "Alt+R": abuse.report,
    F9: readyOrFinish,
    F10: () => {
      if (agent.view?.state.name !== "ready" && agent.view?.state.name !== "wrap_up") return false;
      void agent.command("not_ready", { reason: "busy" });
      return true;
    },
  });

  let unfollow: () => void = () => undefined;
  onMounted(() => {
    unfollow = agent.follow();
    live.connect();
    void agent.load();
    void check.resume();
    void useWords().load();
    void useCatalogue().ensure().catch(sayProblem);
  });
  onUnmounted(() => {
    unfollow();
  });

  return {
    agent, check, control, draft, abuse, tab, history, noteElder, caller, rang_at, last_place, ended_text,
    suspended_text, ready, finishWrapUp, beforeSignOut,
  };
}
