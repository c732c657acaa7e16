import { describe, expect, it } from "vitest";

import { correctedRows, isCorrected, labelOf, shareOf, valueOf } from "@/supervisor/figures/present";
import { correction, row } from "@/supervisor/figures/testing";

describe("how figures are written", () => {
  it("shows a share with its two numbers, and none over nothing", () => {
    expect(shareOf({ part: 190, whole: 200, ppm: 950_000 })).toBe("95.00% (190/200)");
    expect(shareOf({ part: 0, whole: 0, ppm: null })).toBe("— (0/0)");
    expect(shareOf(null)).toBe("—");
  });

  it("writes every unit of a correction", () => {
    const value = { part: 3, whole: 4, at: null };
    expect(valueOf({ ...value, unit: "share" })).toBe("75.00% (3/4)");
    expect(valueOf({ ...value, unit: "count", whole: null })).toBe("3");
    expect(valueOf({ ...value, unit: "us", part: 2_500_000, whole: null })).toBe("2.5 秒");
    expect(valueOf({ ...value, unit: "mean_us", part: 9_000_000, whole: 3 })).toBe("3.0 秒");
    expect(valueOf({ ...value, unit: "mean_us", whole: 0 })).toBe("—");
    expect(valueOf(null)).toBe("无");
  });

  it("names rows by what they are", () => {
    expect(labelOf(row({ from: "2026-02-12T09:30:00+08:00" }), "half_hour", false)).toBe("09:30");
    expect(labelOf(row({ key: "" }), "skill", false)).toBe("不限技能");
    expect(labelOf(row({ key: "a1", name: "陈晓雨" }), "agent", false)).toBe("陈晓雨");
  });

  it("marks the rows that were shown otherwise, and no others", () => {
    const corrected = correctedRows([correction()]);
    const same = { from: "2026-02-12T01:00:00Z" };
    expect(isCorrected(corrected, row(same), "half_hour")).toBe(true);
    expect(isCorrected(corrected, row(same), "day")).toBe(false);
    expect(isCorrected(corrected, row({ from: "2026-02-12T09:30:00+08:00" }), "half_hour")).toBe(false);
  });
});
