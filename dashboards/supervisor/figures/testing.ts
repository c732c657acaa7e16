/** Figures for unit tests. */

import type { Correction, Exclusion, FigureRow, Figures, Share, Spread, Traffic } from "@/supervisor/figures/types";

const NONE: Share = { part: 0, whole: 0, ppm: null };
const SPREAD: Spread = { count: 0, mean_us: null, p50_us: null, p90_us: null, p95_us: null, max_us: null };

export function traffic(requests = 0): Traffic {
  return {
    counts: {
      requests,
      answered: 0,
      answered_15s: 0,
      short_abandons: 0,
      abandoned: 0,
      blocked: 0,
      open: 0,
      cut_short: 0,
      k1: NONE,
      k1a: NONE,
      k2a: NONE,
      k2b: NONE,
      k3: NONE,
      abandon_rate: NONE,
    },
    wait: SPREAD,
    talk: SPREAD,
    abandons: { with_number: 0, wait: SPREAD },
  };
}

export function row(change: Partial<FigureRow> = {}): FigureRow {
  return {
    from: "2026-02-12T09:00:00+08:00",
    until: "2026-02-12T09:30:00+08:00",
    key: "",
    name: null,
    reading: NONE,
    reading_marked: null,
    counts: null,
    wait: null,
    talk: null,
    floor: null,
    agent: null,
    ...change,
  };
}

export function figures(change: Partial<Figures> = {}): Figures {
  const floor = { occupancy: NONE, ready_us: 0, talking_us: 0, wrap_up_us: 0, not_ready_us: 0 };
  return {
    from: "2026-02-12T00:00:00+08:00",
    until: "2026-02-13T00:00:00+08:00",
    as_of: { event_number: "j1:7", at: "2026-02-13T09:00:00+08:00" },
    shown: "s1",
    total: traffic(1),
    marked: null,
    without: [],
    readings: [],
    connection: { worst: null, worst_until: null, national_met: null, seed_met: null },
    connection_marked: null,
    beside: {
      screened: 0,
      screened_let_in: 0,
      queue_callbacks_promised: 0,
      queue_callbacks: 0,
      queue_callbacks_redialled: 0,
      queue_callbacks_in_vain: 0,
      queue_callbacks_open: 0,
      places_kept: 0,
      surge_notices: 0,
      missed_calls_returned: 0,
      redialled: 0,
    },
    returns: { k12: NONE, k12_in_time: NONE, open: 0, running: 0 },
    floor,
    breaches: 0,
    slice: "half_hour",
    rows: [],
    ...change,
  };
}

export function correction(): Correction {
  return {
    shown: { event_number: "j1:7", at: "2026-02-13T09:00:00+08:00" },
    corrected: { event_number: "j1:9", at: "2026-02-13T10:00:00+08:00" },
    changes: [
      {
        from: "2026-02-12T09:00:00+08:00",
        until: "2026-02-12T09:30:00+08:00",
        group: "half_hour",
        key: "",
        marked: false,
        figure: "requests",
        name: "人工请求量",
        was: { unit: "count", part: 1, whole: null, at: null },
        is: { unit: "count", part: 2, whole: null, at: null },
      },
    ],
    changes_total: 1,
    reasons: [{ reason: "call", call: "c1", agent: null, text: "来电有了新的记录", events: ["j1:8"] }],
    reasons_total: 1,
  };
}

export function exclusion(change: Partial<Exclusion> = {}): Exclusion {
  return {
    number: 1,
    kind: "system_fault",
    kind_name: "系统故障",
    what: "中继故障",
    from: "2026-02-12T09:00:00+08:00",
    until: "2026-02-12T11:00:00+08:00",
    state: "proposed",
    proposed_by: "吴霞",
    proposed_at: "2026-02-12T12:00:00+08:00",
    approved_by: null,
    approved_at: null,
    revoked_by: null,
    revoked_at: null,
    note: "",
    may_approve: true,
    may_revoke: true,
    ...change,
  };
}
