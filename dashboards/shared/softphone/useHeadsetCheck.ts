/**
 * The headset check: a call to the gateway that plays a prompt and sends her own voice back. The server's
 * verdict counts, not this page's.
 */

import { computed, onScopeDispose, ref, watch } from "vue";

import { useAgent } from "@/shared/agent";
import { type Fault, useSoftphone } from "@/shared/softphone/softphone";
import { type Former, formerOfTab } from "@/shared/softphone/tab";
import { SOFTPHONE } from "@/shared/text";

export type CheckStep = "idle" | "opening" | "listening" | "verdict" | "proved" | "problem";

const CALL_LIMIT_MS = 40_000;
const VERDICT_LIMIT_MS = 4_000;
/** A line check takes two seconds, or four where nothing arrives. */
const LINE_LIMIT_MS = 6_000;
const LINE_EVERY_MS = 30_000;
/** A call that has just ended may still be in the way of the first. */
const RESUME_CHECKS = 3;
/** No call lasts longer. */
const RESUMED_CALL_MAX_MS = 4 * 3_600_000;

export function faultText(fault: Fault | null): string {
  if (fault === null) return SOFTPHONE.problem.no_registration;
  if (fault.kind === "microphone") return SOFTPHONE.microphone[fault.fault];
  if (fault.kind === "server") return fault.detail;
  return fault.kind === "unreachable" ? SOFTPHONE.unreachable : SOFTPHONE.registrationFailed;
}

/** Waits until `ready` holds, at most `limit_ms`; says whether it came to hold. */
function until(ready: () => boolean, limit_ms: number): Promise<boolean> {
  return new Promise((resolve) => {
    let stop: () => void = () => undefined;
    const finish = (held: boolean): void => {
      clearTimeout(limit);
      stop();
      resolve(held);
    };
    const limit = setTimeout(() => {
      finish(false);
    }, limit_ms);
    stop = watch(ready, (held) => {
      if (held) finish(true);
    });
    if (ready()) finish(true);
  });
}

export function useHeadsetCheck() {
  const softphone = useSoftphone();
  const agent = useAgent();
  const step = ref<CheckStep>("idle");
  const problem = ref("");

  const usable = computed(
    () => softphone.phase === "registered" || softphone.phase === "lost",
  );
  /** Proved on this very page: a reload needs a new check. */
  const proved = computed(() => usable.value && step.value === "proved");
  const running = computed(() => ["opening", "listening", "verdict"].includes(step.value));

  function fail(text: string): void {
    problem.value = text;
    step.value = "problem";
  }

  async function open(take_over: boolean, former: Former | null = null): Promise<boolean> {
    await softphone.start(take_over, former);
    if (softphone.phase === "registered") return true;
    if (softphone.phase === "in_use") step.value = "idle";
    else fail(faultText(softphone.fault));
    return false;
  }

  async function verdict(before: string | null, limit_ms = VERDICT_LIMIT_MS): Promise<void> {
    step.value = "verdict";
    const fresh = (): boolean => {
      const device = agent.view?.device;
      return device?.problem === null && device.proved_at !== null && device.proved_at !== before;
    };
    if (!(await until(fresh, limit_ms))) await agent.load();
    if (fresh()) {
      step.value = "proved";
      softphone.noteProved();
      return;
    }
    fail(SOFTPHONE.problem[agent.view?.device.problem ?? "not_proved"]);
  }

  async function run(take_over = false): Promise<void> {
    if (running.value) return;
    step.value = "opening";
    problem.value = "";
    if (softphone.phase !== "registered" && !(await open(take_over))) return;
    await agent.load();
    if (agent.view?.state.name === "talking") {
      await followTalk();
      return;
    }
    if (agent.view?.state.name === "offline") {
      await agent.command("sign_in");
    }
    const before = agent.view?.device.proved_at ?? null;
    let talked = false;
    const watching = watch(
      () => softphone.call?.stage,
      (stage) => (talked = talked || stage === "talking"),
    );
    step.value = "listening";
    softphone.checkHeadset();
    if (!(await until(() => softphone.call === null, CALL_LIMIT_MS))) softphone.hangUp();
    watching();
    if (talked) await verdict(before);
    else fail(SOFTPHONE.checkCallFailed);
  }

  /** She talks, and no softphone is there: the tab she talked in has died. */
  async function lostItsTab(): Promise<boolean> {
    await agent.load();
    return agent.view?.state.name === "talking" && !agent.view.device.registered;
  }

  /**
   * The tab was loaded again, or one that died during a call was opened anew: its softphone comes back by itself, and
   * its call with it (R17).
   */
  async function resume(): Promise<void> {
    if (running.value || softphone.phase !== "idle") return;
    const former = await formerOfTab();
    if (former === null && !(await lostItsTab())) return;
    step.value = "opening";
    if (!(await open(false, former))) return;
    if (former?.proved === false) {
      step.value = "idle";
      return;
    }
    await agent.load();
    if (agent.view?.state.name === "talking") await followTalk();
    else await proveLine();
  }

  /** A call comes back to this page: a check would be in its way, and follows it. */
  async function followTalk(): Promise<void> {
    step.value = "proved";
    await until(() => agent.view?.state.name !== "talking" && softphone.call === null, RESUMED_CALL_MAX_MS);
    await proveLine();
  }

  async function proveLine(): Promise<void> {
    for (let turn = 0; turn < RESUME_CHECKS && !(proved.value && agent.view?.device.problem === null); turn += 1) {
      softphone.checkLine();
      await verdict(null, LINE_LIMIT_MS);
    }
  }

  /** Every half minute while calls may come, without a word: microphone and line are still there (R16). */
  function checkLine(): void {
    if (agent.view?.state.name === "ready" && proved.value && softphone.call === null) softphone.checkLine();
  }
  const beat = setInterval(checkLine, LINE_EVERY_MS);
  onScopeDispose(() => {
    clearInterval(beat);
  });
  watch(
    () => agent.view?.device.problem ?? null,
    (found) => {
      if (found !== null && step.value === "proved" && softphone.call === null) fail(SOFTPHONE.problem[found]);
    },
  );

  watch(
    () => softphone.phase,
    (phase) => {
      // What happens to the line after the check ends the proof.
      if (running.value) return;
      if (phase === "failed") fail(faultText(softphone.fault));
      else if (phase === "idle" || phase === "taken_over") step.value = "idle";
    },
  );

  return { step, problem, proved, running, run, resume };
}
