import { describe, expect, it } from "vitest";

import { trendOption } from "@/supervisor/trend";

const AT = Date.parse("2026-11-21T10:00:00+08:00");
const sample = (at: number) => ({ at, k1_ppm: 950_000, k2b_ppm: 900_000 });

describe("the trend", () => {
  it("shows a quarter of an hour at first, and all of it afterwards", () => {
    expect(trendOption([sample(AT)]).xAxis.min({ max: AT })).toBe(AT - 900_000);
    const later = AT + 3_600_000;
    expect(trendOption([sample(AT), sample(later)]).xAxis.min({ max: later })).toBe(AT);
  });
});
