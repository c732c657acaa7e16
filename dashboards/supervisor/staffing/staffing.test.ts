import { afterEach, describe, expect, it, vi } from "vitest";
import { nextTick, ref } from "vue";

import { inComponent, stubFetch } from "@/shared/testing";
import { dayOption } from "@/supervisor/staffing/day-chart";
import { dayAt, halfHourSpan, hoursOf, plusDays, shortDay } from "@/supervisor/staffing/days";
import { moved, type Pending, shiftAt, shiftOfKey, wishes, withShift } from "@/supervisor/staffing/roster";
import type { DayPlan, HalfHour, Roster, WhatIf } from "@/supervisor/staffing/types";
import { useRoster } from "@/supervisor/staffing/useRoster";
import { emptyForm, isComplete, saved, useWhatIf, wishOf } from "@/supervisor/staffing/useWhatIf";

const shift = (code: string, retired = false) => ({ code, name: code, spells: [], meals: [], version: 1, retired });

function roster(): Roster {
  const days = ["2026-02-13", "2026-02-14"];
  return {
    days: days.map((day) => ({ day, kind: "workday", short_max: 0, short_during: [] })),
    people: [
      { agent: "a1", name: "陈晓雨", username: "agent01", reserve: false, shifts: ["day", null] },
      { agent: "a2", name: "王静", username: "agent02", reserve: false, shifts: [null, null] },
    ],
    shifts: [shift("day"), shift("gone", true), shift("late")],
    faults: [],
  };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe("days", () => {
  it("are those of Shanghai, whatever the browser's clock says", () => {
    expect(dayAt(Date.parse("2026-02-13T23:30:00+08:00"))).toBe("2026-02-13");
    expect(dayAt(Date.parse("2026-02-12T16:00:00Z"))).toBe("2026-02-13");
    expect(plusDays("2026-02-28", 1)).toBe("2026-03-01");
    expect(shortDay("2026-02-13")).toBe("02-13 周五");
    expect(hoursOf(18_000)).toBe("5小时00分");
    expect(hoursOf(240)).toBe("4分");
  });

  it("have half-hours that begin before they end", () => {
    expect(halfHourSpan(" 10:00-12:30 ")).toBe("10:00-12:30");
    expect(halfHourSpan("18:00-24:00")).toBe("18:00-24:00");
    for (const text of ["", "10:15-12:00", "12:00-10:00", "10:00-10:00", "18:00-24:30", "9:00-10:00"]) {
      expect(halfHourSpan(text), text).toBeNull();
    }
  });
});

describe("the roster editor", () => {
  it("gives a digit the shift of that number, passing over retired ones", () => {
    expect(shiftOfKey(roster(), "1")).toBe("day");
    expect(shiftOfKey(roster(), "2")).toBe("late");
    expect(shiftOfKey(roster(), "3")).toBeUndefined();
    expect(shiftOfKey(roster(), "Delete")).toBeNull();
    expect(shiftOfKey(roster(), "x")).toBeUndefined();
  });

  it("stays inside the table", () => {
    const end = { row: 1, column: 1 };
    expect(moved(roster(), end, "ArrowRight")).toEqual(end);
    expect(moved(roster(), end, "ArrowUp")).toEqual({ row: 0, column: 1 });
    expect(moved(roster(), end, "Enter")).toBeNull();
  });

  it("sends what was seen with each change, and nothing that is as it was", () => {
    const none: Pending = new Map();
    const first = { row: 0, column: 0 };
    const changed = withShift(roster(), withShift(roster(), none, first, null), { row: 1, column: 1 }, "late");
    expect(shiftAt(roster(), changed, first)).toBeNull();
    expect(wishes(roster(), changed)).toEqual([
      { agent: "a1", day: "2026-02-13", was: "day", shift: null },
      { agent: "a2", day: "2026-02-14", was: null, shift: "late" },
    ]);
    expect(wishes(roster(), withShift(roster(), changed, first, "day"))).toHaveLength(1);
  });

  it("is worked by keys and keeps changes that somebody else's change refused out of the way", async () => {
    let status = 204;
    const sent = stubFetch(({ method }) => (method === "GET" ? { body: roster() } : { status }));
    const { made, unmount } = inComponent(() => useRoster(ref("2026-02-13"), ref(true)));
    await made.load();
    for (const key of ["ArrowDown", "ArrowRight", "2"]) expect(made.pressed(key)).toBe(true);
    expect(made.pressed("q")).toBe(false);
    expect(made.changes.value).toBe(1);
    await made.save();
    expect(sent.at(-2)).toMatchObject({
      method: "PUT",
      path: "/staffing/roster",
      body: { entries: [{ agent: "a2", day: "2026-02-14", was: null, shift: "late" }] },
    });
    expect(made.changes.value).toBe(0);
    status = 412;
    made.pressed("1");
    await made.save();
    expect(made.changes.value).toBe(0);
    expect(sent.at(-1)?.method).toBe("GET");
    made.pressed("1");
    expect(made.pressed("Escape")).toBe(true);
    expect(made.changes.value).toBe(0);
    unmount();
  });

  it("changes nothing for who only looks on", async () => {
    stubFetch(() => ({ body: roster() }));
    const { made, unmount } = inComponent(() => useRoster(ref("2026-02-13"), ref(false)));
    await made.load();
    expect(made.pressed("1")).toBe(false);
    made.set("late");
    expect(made.changes.value).toBe(0);
    unmount();
  });
});

const expected = { calls: 100, connection_ppm: 900_000, in_time_ppm: 800_000, lost: 10, occupancy_ppm: 700_000, staffed_h: 40 };
const answer: WhatIf = { day: "2026-02-13", from: "09:00", before: expected, after: { ...expected, lost: 6.4 }, half_hours: [] };

describe("what-if", () => {
  it("asks about what is filled in", () => {
    const form = emptyForm();
    expect(wishOf("2026-02-13", form)).toEqual({ day: "2026-02-13", calls_percent: 100, changes: [] });
    form.move.agents = 3;
    form.wrap_up.on = true;
    expect(wishOf("2026-02-13", form).changes).toEqual([
      { change: "move_agents", agents: 3, from: "14:00-16:00", to: "10:00-12:00" },
      { change: "shorten_wrap_up", to_s: 30, during: "10:00-12:00" },
    ]);
    form.move.to = "noon";
    expect(isComplete(form)).toBe(false);
    form.move.agents = 0;
    expect(isComplete(form)).toBe(true);
  });

  it("shows the answer, and the faults of a refused question beside the form", async () => {
    const fault = { field: "changes[0].agents", detail: "后备人员共 1 人" };
    let refused = false;
    stubFetch(() => (refused ? { status: 422, body: { code: "wrong_fields", errors: [fault] } } : { body: answer }));
    const day = ref("2026-02-13");
    const { made, unmount } = inComponent(() => useWhatIf(day));
    await made.ask();
    expect(made.answer.value && saved(made.answer.value)).toBe(3.6);
    refused = true;
    await made.ask();
    expect(made.answer.value).toBeNull();
    expect(made.faults.value).toEqual([fault]);
    day.value = "2026-02-14";
    await nextTick();
    expect(made.faults.value).toEqual([]);
    unmount();
  });
});

describe("the day's chart", () => {
  it("draws calls on one axis and people on the other, with holes where nothing is known", () => {
    const half_hour = (at: string, came: number | null): HalfHour => ({
      at, expected: 10, updated: null, came, on_line: 2, on_duty: 3, to_roster: 4, present: 5, at_meal: 0,
      takes_calls: 3, short: 0, handling_s: 240,
    });
    const plan: DayPlan = {
      day: "2026-02-13", kind: "workday", half_hours: [half_hour("00:00", 7), half_hour("00:30", null)],
      forecast: null, without: null, gaps: [], came: 7, patience_s: 120, reserve_people: 1,
    };
    const { series, xAxis } = dayOption(plan);
    expect(xAxis.data).toEqual(["00:00", "00:30"]);
    expect(series.map((one) => [one.yAxisIndex, one.data])).toEqual([
      [0, [7, null]],
      [0, [10, 10]],
      [0, [null, null]],
      [1, [4, 4]],
      [1, [5, 5]],
    ]);
  });
});
