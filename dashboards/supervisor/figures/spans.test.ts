import { describe, expect, it } from "vitest";

import { dayAfter, dayOf, lengthOfDays, namedDays, spanOfDays } from "@/supervisor/figures/spans";

describe("spans of days", () => {
  it("begin and end at midnight in Qingyuan", () => {
    expect(dayOf(Date.parse("2026-02-12T23:59:59+08:00"))).toBe("2026-02-12");
    expect(dayOf(Date.parse("2026-02-12T16:00:00Z"))).toBe("2026-02-13");
    expect(spanOfDays("2026-02-12", "2026-02-12")).toEqual({
      from: "2026-02-12T00:00:00+08:00",
      until: "2026-02-13T00:00:00+08:00",
    });
  });

  it("go over the ends of months, and may be chosen from the end", () => {
    expect(dayAfter("2026-02-28", 1)).toBe("2026-03-01");
    expect(spanOfDays("2026-03-02", "2026-02-27").from).toBe("2026-02-27T00:00:00+08:00");
    expect(lengthOfDays("2026-02-27", "2026-03-02")).toBe(4);
  });

  it("have names", () => {
    const now = Date.parse("2026-03-03T00:30:00+08:00");
    expect(namedDays("today", now)).toEqual(["2026-03-03", "2026-03-03"]);
    expect(namedDays("yesterday", now)).toEqual(["2026-03-02", "2026-03-02"]);
    expect(namedDays("last7", now)).toEqual(["2026-02-25", "2026-03-03"]);
    expect(namedDays("month", now)).toEqual(["2026-03-01", "2026-03-03"]);
  });
});
