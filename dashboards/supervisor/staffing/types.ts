/** What the interface below /staffing speaks of. */

export interface HalfHour {
  at: string;
  expected: number | null;
  updated: number | null;
  came: number | null;
  on_line: number | null;
  on_duty: number | null;
  to_roster: number | null;
  present: number;
  at_meal: number;
  takes_calls: number;
  short: number | null;
  handling_s: number;
}

export type DayKind = "workday" | "rest_day" | "public_holiday" | "makeup_workday";

export type EventKind =
  | "storm"
  | "outage"
  | "epidemic"
  | "heating_start"
  | "school_enrolment"
  | "policy_release";

export interface ForecastEvent {
  kind: EventKind;
  during: string;
  factor_percent: number;
  factor_from: "given" | "learned" | "usual";
  source: string;
}

export interface DayPlan {
  day: string;
  kind: DayKind | null;
  half_hours: HalfHour[];
  forecast: { made_at: string; expected: number; from: string[]; trend_percent: number; events: ForecastEvent[] } | null;
  without: string | null;
  gaps: { during: string; short_max: number; short_sum: number }[];
  came: number | null;
  patience_s: number;
  reserve_people: number;
}

export interface Shift {
  code: string;
  name: string;
  spells: string[];
  meals: string[];
  version: number;
  retired: boolean;
}

export interface RosterPerson {
  agent: string;
  name: string;
  username: string;
  reserve: boolean;
  shifts: (string | null)[];
}

export interface Roster {
  days: { day: string; kind: DayKind | null; short_max: number | null; short_during: string[] }[];
  people: RosterPerson[];
  shifts: Shift[];
  faults: { day: string; agent: string | null; kind: string; detail: string }[];
}

export interface RosterWish {
  agent: string;
  day: string;
  was: string | null;
  shift: string | null;
}

export type Change =
  | { change: "move_agents"; agents: number; from: string; to: string }
  | { change: "open_reserve"; agents: number; during: string }
  | { change: "shorten_wrap_up"; to_s: number; during: string };

export interface WhatIfWish {
  day: string;
  calls_percent: number;
  changes: Change[];
}

export interface Expectation {
  calls: number;
  connection_ppm: number | null;
  in_time_ppm: number | null;
  lost: number;
  occupancy_ppm: number | null;
  staffed_h: number;
}

export interface WhatIf {
  day: string;
  from: string;
  before: Expectation;
  after: Expectation;
  half_hours: { at: string; before: Expectation; after: Expectation }[];
}

export type Activity = "on_line" | "meal" | "rest" | "training" | "meeting" | "off";

export interface AgentAdherence {
  agent: string;
  name: string;
  share_ppm: number | null;
  planned_s: number;
  kept_s: number;
  ran_over_s: number;
  unplanned_s: number;
  deviations: { from: string; until: string; planned: Activity; actual: Activity; call_ran_over: boolean }[];
  overlapping: boolean;
}

export interface AdherenceDay {
  day: string;
  until: string;
  people: AgentAdherence[];
}

export interface JudgedForecast {
  day: string;
  made_at: string;
  lead_days: number;
  expected: number;
  came: number;
  wape_ppm: number | null;
  mape_ppm: number | null;
  bias_ppm: number | null;
}

export interface ForecastErrors {
  items: JudgedForecast[];
  wape_ppm: number | null;
  bias_ppm: number | null;
  days: number;
}

export interface Standard {
  answered_percent: number;
  in_time_percent: number;
  limit_s: number;
  on_duty_min: number;
  breaks_percent: number;
  training_percent: number;
  sickness_percent: number;
  talk_s: number;
  wrap_up_s: number;
  patience_s: number;
  meals: string[];
  meal_min: number;
  tolerance_s: number;
}
