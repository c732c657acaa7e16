import { describe, expect, it } from "vitest";

import type { Board } from "@/shared/api.types";
import { axisFloor } from "@/supervisor/trend";
import { type Sample, withSample } from "@/supervisor/useBoard";

function board(at: string, k1_ppm: number | null): Board {
  return {
    at,
    k1: { answered: 1, requests: 1, rate_ppm: k1_ppm, minimum_ppm: null, minimum_at: null },
    k2a: { answered_15s: 0, answered: 0, rate_ppm: null },
    k2b: { answered_15s: 0, requests: 0, rate_ppm: null },
    k12: {
      owed: 0,
      missed_calls: 0,
      returned: 0,
      returned_in_time: 0,
      redialled: 0,
      open: 0,
      overdue: 0,
      rate_ppm: null,
      in_time_ppm: null,
    },
    waiting: [],
    agents: { offline: 0, not_ready: 0, ready: 0, ringing: 0, talking: 0, wrap_up: 0, outbound: 0 },
    breaches_today: [],
    orders: { accepted_today: 0, open: 0, overdue: 0 },
    feedback: { due_today: 0, met: 0, missed: 0, open: 0, rate_ppm: null },
  };
}

describe("the board's trend", () => {
  it("takes a sample every five seconds at most", () => {
    let samples: Sample[] = [];
    samples = withSample(samples, board("2026-11-21T10:00:00+08:00", 1_000_000));
    samples = withSample(samples, board("2026-11-21T10:00:01+08:00", 900_000));
    samples = withSample(samples, board("2026-11-21T10:00:06+08:00", null));
    expect(samples.map((one) => one.k1_ppm)).toEqual([1_000_000, null]);
  });

  it("keeps room for the 80 % line and follows lower rates", () => {
    expect(axisFloor([])).toBe(75);
    expect(axisFloor([{ at: 0, k1_ppm: 620_000, k2b_ppm: null }])).toBe(60);
  });
});
