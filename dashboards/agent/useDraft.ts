/**
 * The work order being written: opened with the call, saved while she writes, accepted or answered at once.
 * Saves never overlap; what is typed during a save goes with the next one.
 */

import { computed, onScopeDispose, ref, watch } from "vue";

import { api } from "@/shared/api";
import type { CategoryHit, Intake, WorkOrderCommand, WorkOrderView } from "@/shared/api.types";
import { businessNow } from "@/shared/clock";
import { asProblem } from "@/shared/problem";
import { sayProblem } from "@/shared/say";
import { type FormFaults, faultsOf } from "@/shared/work-order/faults";

const PAUSE_MS = 800;
const RETRY_MS = 4_000;

export type SaveState = "saved" | "unsaved" | "saving" | "failed";

/** What a category brings with it. Urgency stays the taxonomy's own until a person raises it. */
export function applyCategory(intake: Intake, hit: CategoryHit): void {
  intake.demand.category = hit.code;
  intake.demand.urgency = null;
  if (hit.confidential) intake.petitioner.confidential = true;
}

export function useDraft() {
  const order = ref<WorkOrderView | null>(null);
  const intake = ref<Intake | null>(null);
  const faults = ref<FormFaults>({});
  const save_state = ref<SaveState>("saved");
  const busy = ref(false);
  let saved_text = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | null = null;
  /** The call whose draft the server could not make yet: its store is away, and she is talking. */
  let awaited: string | null = null;

  const editable = computed(() => order.value?.state === "draft");

  function show(next: WorkOrderView): void {
    clearTimeout(timer);
    awaited = null;
    order.value = next;
    intake.value = structuredClone(next.intake);
    saved_text = JSON.stringify(next.intake);
    faults.value = {};
    save_state.value = "saved";
  }

  async function open(id: string): Promise<void> {
    if (order.value?.id === id) return;
    await flush();
    try {
      show(await api.workOrder(id));
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  /** The draft of a call; made now if the server has none yet. */
  async function openForCall(
    call: string,
    known: string | null,
    channel: "phone" | "missed_call_return" = "phone",
  ): Promise<void> {
    if (awaited !== call) awaited = null;
    if (known !== null) {
      await open(known);
      return;
    }
    await flush();
    try {
      show(await api.createDraft(call, channel));
    } catch (thrown) {
      const id = await api.call(call).then(
        (found) => found.work_order,
        () => null,
      );
      if (id !== null) await open(id);
      else awaitDraft(call, thrown);
    }
  }

  /** Asks again until the store is back, the next call comes, or she opens another order; says why once. */
  function awaitDraft(call: string, thrown: unknown): void {
    const { status } = asProblem(thrown);
    if (awaited !== call) sayProblem(thrown);
    if (status !== 0 && status < 500) return;
    awaited = call;
    setTimeout(() => {
      if (awaited === call) void openForCall(call, null);
    }, RETRY_MS);
  }

  async function send(command: WorkOrderCommand): Promise<WorkOrderView> {
    const current = order.value;
    if (current === null) throw new Error("no work order is open");
    try {
      return await api.command(current.id, current.version, command);
    } catch (thrown) {
      if (asProblem(thrown).status !== 412) throw thrown;
      // Only she writes this draft; another of her pages may have saved it meanwhile.
      const newest = await api.workOrder(current.id);
      return await api.command(current.id, newest.version, command);
    }
  }

  async function saveOnce(): Promise<void> {
    if (intake.value === null) return;
    const text = JSON.stringify(intake.value);
    if (text === saved_text || !editable.value) return;
    save_state.value = "saving";
    try {
      order.value = await send({ type: "edit_draft", intake: JSON.parse(text) as Intake });
      saved_text = text;
      faults.value = {};
      save_state.value = JSON.stringify(intake.value) === text ? "saved" : "unsaved";
    } catch (thrown) {
      const problem = asProblem(thrown);
      faults.value = faultsOf(problem);
      save_state.value = "failed";
      if (problem.status === 0 || problem.status >= 500) plan(RETRY_MS);
      else if (Object.keys(faults.value).length === 0) sayProblem(thrown);
    }
  }

  async function saveAll(): Promise<void> {
    do await saveOnce();
    while (save_state.value === "unsaved");
  }

  /** Saves now and waits until nothing is unsaved, or a save has failed. */
  async function flush(): Promise<void> {
    clearTimeout(timer);
    running ??= saveAll().finally(() => (running = null));
    await running;
  }

  function plan(after_ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void flush(), after_ms);
  }

  watch(
    intake,
    (now) => {
      if (now === null || !editable.value || JSON.stringify(now) === saved_text) return;
      if (save_state.value !== "saving") save_state.value = "unsaved";
      plan(PAUSE_MS);
    },
    { deep: true },
  );

  async function finish(command: WorkOrderCommand): Promise<boolean> {
    if (busy.value || !editable.value) return false;
    busy.value = true;
    try {
      await flush();
      if (save_state.value === "failed") return false;
      show(await send(command));
      return true;
    } catch (thrown) {
      faults.value = faultsOf(asProblem(thrown));
      if (Object.keys(faults.value).length === 0) sayProblem(thrown);
      return false;
    } finally {
      busy.value = false;
    }
  }

  const accept = (): Promise<boolean> => finish({ type: "accept" });
  const answerDirect = (answer: string): Promise<boolean> =>
    finish({
      type: "answer_direct",
      answer,
      feedback: { kind: "told", means: "phone", told_at: new Date(businessNow()).toISOString() },
    });

  async function close(): Promise<void> {
    awaited = null;
    await flush();
    order.value = null;
    intake.value = null;
    faults.value = {};
  }

  onScopeDispose(() => {
    awaited = null;
    void flush();
  });
  return {
    order, intake, faults, save_state, busy, editable,
    open, openForCall, flush, accept, answerDirect, close,
  };
}
