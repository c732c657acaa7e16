import { describe, expect, it } from "vitest";

import { percent, spacedNumber, spanInWords, spanOf, timeOf } from "@/shared/format";
import { remaining } from "@/shared/work-order/countdown";

describe("format", () => {
  it("cuts a rate and does not round it up to the goal", () => {
    expect(percent(999_999)).toBe("99.99%");
    expect(percent(1_000_000)).toBe("100.00%");
    expect(percent(949_999)).toBe("94.99%");
    expect(percent(null)).toBe("—");
  });

  it("writes spans", () => {
    expect(spanOf(65_999)).toBe("01:05");
    expect(spanOf(3_725_000)).toBe("1:02:05");
    expect(spanOf(-5)).toBe("00:00");
    expect(spanInWords(95 * 60_000)).toBe("1小时35分");
    expect(spanInWords(-50 * 3_600_000)).toBe("2天2小时");
  });

  it("writes instants in the county's time", () => {
    expect(timeOf("2026-11-21T02:00:05Z")).toBe("10:00:05");
    expect(timeOf("nonsense")).toBe("—");
  });

  it("groups a mobile number and leaves others alone", () => {
    expect(spacedNumber("13805370001")).toBe("138 0537 0001");
    expect(spacedNumber("05375550001")).toBe("05375550001");
  });

  it("alarms as a limit comes near", () => {
    const now = Date.parse("2026-11-21T20:00:00+08:00");
    expect(remaining("2026-11-22T12:00:00+08:00", now)).toEqual({ tone: "good", text: "剩余 16小时00分" });
    expect(remaining("2026-11-22T00:00:00+08:00", now).tone).toBe("warn");
    expect(remaining("2026-11-21T20:59:00+08:00", now).tone).toBe("bad");
    expect(remaining("2026-11-21T19:00:00+08:00", now)).toEqual({ tone: "bad", text: "已超 1小时00分" });
  });
});
