/** One box of work orders: the list, kept fresh by the live connection, and the order that is open. */

import { onMounted, onUnmounted, ref } from "vue";

import { api, type Box } from "@/shared/api";
import type { WorkOrderCommand, WorkOrderSummary, WorkOrderView } from "@/shared/api.types";
import { useLive } from "@/shared/live";
import { asProblem } from "@/shared/problem";
import { sayDone, sayProblem } from "@/shared/say";
import { COMMON } from "@/shared/text";

/** Many orders may change at once: one load for all of them. */
const CALM_MS = 400;

export function useOrders(box: Box) {
  const live = useLive();
  const items = ref<WorkOrderSummary[]>([]);
  const next = ref<string | null>(null);
  const loading = ref(false);
  const loaded = ref(false);
  const order = ref<WorkOrderView | null>(null);
  const busy = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function load(): Promise<void> {
    loading.value = true;
    try {
      const page = await api.workOrders(box);
      items.value = page.items;
      next.value = page.next;
      loaded.value = true;
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      loading.value = false;
    }
  }

  async function more(): Promise<void> {
    if (next.value === null) return;
    try {
      const page = await api.workOrders(box, next.value);
      items.value = [...items.value, ...page.items];
      next.value = page.next;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  async function open(id: string): Promise<void> {
    try {
      order.value = await api.workOrder(id);
    } catch (thrown) {
      sayProblem(thrown);
      await load();
    }
  }

  /** Runs a command on the open order; says whether it was done. The order stays open as it is then. */
  async function run(command: WorkOrderCommand): Promise<boolean> {
    const current = order.value;
    if (current === null || busy.value) return false;
    busy.value = true;
    try {
      order.value = await api.command(current.id, current.version, command);
      sayDone(COMMON.saved);
      await load();
      return true;
    } catch (thrown) {
      sayProblem(thrown);
      if ([409, 412].includes(asProblem(thrown).status)) await open(current.id);
      return false;
    } finally {
      busy.value = false;
    }
  }

  /** Goes on with the first order that is left in the box. */
  async function openFirst(): Promise<void> {
    const first = items.value[0];
    if (first) await open(first.id);
    else order.value = null;
  }

  const may = (command: WorkOrderCommand["type"]): boolean =>
    order.value?.allowed.includes(command) ?? false;

  function refreshSoon(): void {
    clearTimeout(timer);
    timer = setTimeout(() => void load(), CALM_MS);
  }

  let ends: (() => void)[] = [];
  onMounted(() => {
    ends = [live.on("work_order", refreshSoon), live.on("resync", refreshSoon)];
    void load();
  });
  onUnmounted(() => {
    clearTimeout(timer);
    for (const end of ends) end();
  });

  return { items, next, loading, loaded, order, busy, load, more, open, run, openFirst, may };
}
