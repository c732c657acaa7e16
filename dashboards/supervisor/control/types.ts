/** 达标控制 as the server tells it (`GET /rate-controller`). */

export type LeverId =
  | "shorten_wrap_up"
  | "suspend_training"
  | "call_up_reserve"
  | "offer_callback"
  | "surge_announcement";
export type Mode = "manual" | "advisory" | "automatic";
export type LeverState = "resting" | "pull_advised" | "pulled" | "undo_advised";
export type LeverWord = "pull" | "undo" | "decline";

export interface Aim {
  aim: "answered" | "in_time";
  part: number;
  whole: number;
  /** More calls that may be missed at once; negative: so many too many. */
  may_miss_now: number;
  missed_at: string | null;
  worst_permille: number;
  worst_at: string;
}

export interface Lever {
  lever: LeverId;
  name: string;
  mode: Mode;
  state: LeverState;
  pulled_at: string | null;
  by: string | null;
  available: boolean;
  saves_calls: number;
  advice: string | null;
}

export interface LeverDecision {
  at: string;
  lever: LeverId;
  what: string;
  by: string;
  text: string;
}

export interface Control {
  at: string | null;
  lines: string[];
  aims: Aim[];
  helps_most: LeverId | null;
  levers: Lever[];
  decisions: LeverDecision[];
  version: number;
}
