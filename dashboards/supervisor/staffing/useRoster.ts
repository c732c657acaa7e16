/** The roster of a week: loaded, edited by keys, saved all at once. */

import { computed, type Ref, ref, watch } from "vue";

import { asProblem } from "@/shared/problem";
import { sayDone, sayProblem } from "@/shared/say";
import { staffingApi } from "@/supervisor/staffing/api";
import { type Cursor, moved, type Pending, shiftOfKey, wishes, withShift } from "@/supervisor/staffing/roster";
import { TEXT } from "@/supervisor/staffing/text";
import type { Roster } from "@/supervisor/staffing/types";

const CHANGED_BY_SOMEBODY = 412;

export function useRoster(day: Ref<string>, plans: Ref<boolean>) {
  const roster = ref<Roster | null>(null);
  const pending = ref<Pending>(new Map());
  const cursor = ref<Cursor>({ row: 0, column: 0 });
  const busy = ref(false);
  const changes = computed(() => pending.value.size);

  async function load(): Promise<void> {
    const wanted = day.value;
    try {
      const loaded = await staffingApi.roster(wanted);
      if (wanted !== day.value) return;
      roster.value = loaded;
      pending.value = new Map();
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  function set(shift: string | null): void {
    if (roster.value && plans.value) pending.value = withShift(roster.value, pending.value, cursor.value, shift);
  }

  function drop(): void {
    pending.value = new Map();
  }

  /** Whether the key meant something here. */
  function pressed(key: string): boolean {
    if (!roster.value) return false;
    const next = moved(roster.value, cursor.value, key);
    if (next) {
      cursor.value = next;
      return true;
    }
    const shift = plans.value ? shiftOfKey(roster.value, key) : undefined;
    if (shift !== undefined) {
      set(shift);
      return true;
    }
    if (key !== "Escape" || changes.value === 0) return false;
    drop();
    return true;
  }

  async function save(): Promise<void> {
    if (!roster.value || changes.value === 0 || busy.value) return;
    busy.value = true;
    try {
      await staffingApi.setRoster(wishes(roster.value, pending.value));
      sayDone(TEXT.roster.saved);
      await load();
    } catch (thrown) {
      sayProblem(thrown);
      if (asProblem(thrown).status === CHANGED_BY_SOMEBODY) await load();
    } finally {
      busy.value = false;
    }
  }

  watch(day, (next, before) => {
    // Another day of the week that is shown needs nothing new.
    if (next === before || roster.value?.days.some((one) => one.day === next)) return;
    void load();
  });

  return { roster, pending, cursor, busy, changes, load, set, drop, pressed, save };
}
