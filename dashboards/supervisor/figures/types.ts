/** The figures as the server gives them. */

export type Slice = "total" | "day" | "half_hour" | "skill" | "number" | "agent" | "dial_test";

/** An exact fraction; `ppm` is cut, not rounded, and null over nothing. */
export interface Share {
  part: number;
  whole: number;
  ppm: number | null;
}

export interface Spread {
  count: number;
  mean_us: number | null;
  p50_us: number | null;
  p90_us: number | null;
  p95_us: number | null;
  max_us: number | null;
}

export interface Counts {
  requests: number;
  answered: number;
  answered_15s: number;
  short_abandons: number;
  abandoned: number;
  blocked: number;
  open: number;
  cut_short: number;
  k1: Share;
  k1a: Share;
  k2a: Share;
  k2b: Share;
  k3: Share;
  abandon_rate: Share;
}

export interface Traffic {
  counts: Counts;
  wait: Spread;
  talk: Spread;
  abandons: { with_number: number; wait: Spread };
}

export interface Reading {
  reading: string;
  name: string;
  formula: string;
  symbols: string;
  goal: { percent: number; at_least: boolean; text: string } | null;
  raw: Share;
  raw_met: boolean | null;
  marked: Share | null;
  marked_met: boolean | null;
}

export interface Connection {
  worst: Share | null;
  worst_until: string | null;
  national_met: boolean | null;
  seed_met: boolean | null;
}

export interface Floor {
  occupancy: Share;
  ready_us: number;
  talking_us: number;
  wrap_up_us: number;
  not_ready_us: number;
}

export interface FigureRow {
  from: string;
  until: string;
  key: string;
  name: string | null;
  reading: Share;
  reading_marked: Share | null;
  counts: Counts | null;
  wait: Spread | null;
  talk: Spread | null;
  floor: Floor | null;
  agent: { pick_up: Spread; offers: { made: number; lapsed: number; refused: number } } | null;
}

export interface AsOf {
  event_number: string;
  at: string;
}

/** What is counted in lines of its own beside K1: none of it is an answered call. */
export type Beside =
  | "screened"
  | "screened_let_in"
  | "queue_callbacks_promised"
  | "queue_callbacks"
  | "queue_callbacks_redialled"
  | "queue_callbacks_in_vain"
  | "queue_callbacks_open"
  | "places_kept"
  | "surge_notices"
  | "missed_calls_returned"
  | "redialled";

export interface Figures {
  from: string;
  until: string;
  as_of: AsOf;
  shown: string | null;
  total: Traffic;
  /** Without the calls of approved exclusions; null where none touches the span. */
  marked: Traffic | null;
  /** By which exclusions. */
  without: number[];
  readings: Reading[];
  connection: Connection;
  connection_marked: Connection | null;
  beside: Record<Beside, number>;
  returns: { k12: Share; k12_in_time: Share; open: number; running: number };
  floor: Floor;
  breaches: number;
  slice: Slice;
  rows: FigureRow[];
}

export interface FigureValue {
  unit: "count" | "share" | "mean_us" | "us" | "time";
  part: number | null;
  whole: number | null;
  at: string | null;
}

export interface Change {
  from: string;
  until: string;
  group: Slice;
  key: string;
  marked: boolean;
  figure: string;
  name: string;
  was: FigureValue | null;
  is: FigureValue | null;
}

export interface Correction {
  shown: AsOf;
  corrected: AsOf;
  changes: Change[];
  changes_total: number;
  reasons: { reason: string; call: string | null; agent: string | null; text: string; events: string[] }[];
  reasons_total: number;
}

export type ExclusionKind = "sudden_event" | "system_fault" | "demand_above_capacity";

export interface Exclusion {
  number: number;
  kind: ExclusionKind;
  kind_name: string;
  what: string;
  from: string;
  until: string;
  state: "proposed" | "approved" | "rejected" | "revoked";
  proposed_by: string;
  proposed_at: string;
  approved_by: string | null;
  approved_at: string | null;
  revoked_by: string | null;
  revoked_at: string | null;
  note: string;
  may_approve: boolean;
  may_revoke: boolean;
}

export interface Proposal {
  kind: ExclusionKind;
  what: string;
  from: string;
  until: string;
}
