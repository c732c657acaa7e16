import { describe, expect, it } from "vitest";

import { isAdvised, pullerOf, recordOf, standing, toneOf, wordOf } from "@/supervisor/control/control";
import { TEXT } from "@/supervisor/control/text";
import type { Aim, Control, Lever, LeverDecision } from "@/supervisor/control/types";

const AT = "2026-11-23T10:00:00+08:00";

function control(changes: Partial<Control> = {}): Control {
  return { at: null, lines: [], aims: [], helps_most: null, levers: [], decisions: [], version: 0, ...changes };
}

function k1(changes: Partial<Aim>): Aim {
  return {
    aim: "answered",
    part: 95,
    whole: 100,
    may_miss_now: 0,
    missed_at: null,
    worst_permille: 950,
    worst_at: AT,
    ...changes,
  };
}

function lever(changes: Partial<Lever>): Lever {
  return {
    lever: "shorten_wrap_up",
    name: "缩短话后处理",
    mode: "advisory",
    state: "resting",
    pulled_at: null,
    by: null,
    available: true,
    saves_calls: 3,
    advice: null,
    ...changes,
  };
}

function decision(what: string): LeverDecision {
  return { at: AT, lever: "shorten_wrap_up", what, by: "controller", text: what };
}

describe("达标控制", () => {
  it("says in one sentence how the rates stand, or that nothing can be said", () => {
    expect(standing(control({ lines: ["24小时接通率98.67%。", "更多"] }))).toBe("24小时接通率98.67%。");
    expect(standing(control())).toBe(TEXT.noOutlook);
  });

  it("warns before the target is missed and is red once it is", () => {
    expect(toneOf(control())).toBe("soft");
    expect(toneOf(control({ aims: [k1({ may_miss_now: 9 })] }))).toBe("good");
    expect(toneOf(control({ aims: [k1({ may_miss_now: 9, missed_at: AT })] }))).toBe("warn");
    expect(toneOf(control({ aims: [k1({ may_miss_now: -1, missed_at: AT })] }))).toBe("bad");
  });

  it("pulls what rests and undoes what is pulled, also where undoing is only advised", () => {
    expect(wordOf(lever({}))).toBe("pull");
    expect(wordOf(lever({ state: "pull_advised" }))).toBe("pull");
    expect(wordOf(lever({ state: "undo_advised", pulled_at: AT }))).toBe("undo");
  });

  it("asks for a person's word only where an advice is open", () => {
    const advised = (["resting", "pull_advised", "pulled", "undo_advised"] as const).filter((state) =>
      isAdvised(lever({ state })),
    );
    expect(advised).toEqual(["pull_advised", "undo_advised"]);
  });

  it("names the person who pulled it, or the controller", () => {
    expect(pullerOf(lever({ by: "controller" }))).toBe(TEXT.controller);
    expect(pullerOf(lever({ by: "leader01" }))).toBe("leader01");
  });

  it("keeps pulls, undoings and effects in the record, not advice", () => {
    const decisions = ["undo", "measured", "advise_pull", "pulled_by_person", "declined"].map(decision);
    expect(recordOf(control({ decisions })).map((of) => of.what)).toEqual([
      "undo",
      "measured",
      "pulled_by_person",
    ]);
  });
});
