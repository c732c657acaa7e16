/** The roster as it is edited: what was seen, what shall be, and what keys do. Pure. */

import type { Roster, RosterWish, Shift } from "@/supervisor/staffing/types";

export interface Cursor {
  row: number;
  column: number;
}

/** Changes that are not saved: by agent and day, the shift to have. */
export type Pending = ReadonlyMap<string, string | null>;

const keyOf = (agent: string, day: string): string => `${agent} ${day}`;

/** Shifts that may be given, in the order of their digits. */
export const inUse = (roster: Roster): Shift[] => roster.shifts.filter((shift) => !shift.retired);

function cell(roster: Roster, at: Cursor): { agent: string; day: string; was: string | null } | null {
  const person = roster.people[at.row];
  const day = roster.days[at.column];
  return person && day ? { agent: person.agent, day: day.day, was: person.shifts[at.column] ?? null } : null;
}

/** The shift a cell shows. */
export function shiftAt(roster: Roster, pending: Pending, at: Cursor): string | null {
  const found = cell(roster, at);
  if (!found) return null;
  const changed = pending.get(keyOf(found.agent, found.day));
  return changed === undefined ? found.was : changed;
}

export function isChanged(roster: Roster, pending: Pending, at: Cursor): boolean {
  const found = cell(roster, at);
  return found !== null && pending.has(keyOf(found.agent, found.day));
}

/** With another shift in a cell; what is as it was is no change. */
export function withShift(roster: Roster, pending: Pending, at: Cursor, shift: string | null): Pending {
  const found = cell(roster, at);
  if (!found) return pending;
  const next = new Map(pending);
  if (shift === found.was) next.delete(keyOf(found.agent, found.day));
  else next.set(keyOf(found.agent, found.day), shift);
  return next;
}

/** What is sent: each change with what was seen, so that nobody's work is overwritten. */
export function wishes(roster: Roster, pending: Pending): RosterWish[] {
  return roster.people.flatMap((person, row) =>
    roster.days.flatMap((day, column) => {
      const shift = pending.get(keyOf(person.agent, day.day));
      const was = cell(roster, { row, column })?.was ?? null;
      return shift === undefined ? [] : [{ agent: person.agent, day: day.day, was, shift }];
    }),
  );
}

/** Where an arrow key leads; null for other keys. */
export function moved(roster: Roster, at: Cursor, key: string): Cursor | null {
  const steps: Record<string, [number, number]> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
  };
  const step = steps[key];
  if (!step) return null;
  const within = (value: number, count: number) => Math.min(Math.max(value, 0), Math.max(count - 1, 0));
  return {
    row: within(at.row + step[0], roster.people.length),
    column: within(at.column + step[1], roster.days.length),
  };
}

/** The shift a key stands for: a digit the shift of that number, 0 and Delete none; undefined for other keys. */
export function shiftOfKey(roster: Roster, key: string): string | null | undefined {
  if (key === "0" || key === "Delete" || key === "Backspace") return null;
  if (!/^[1-9]$/.test(key)) return undefined;
  return inUse(roster)[Number(key) - 1]?.code;
}
