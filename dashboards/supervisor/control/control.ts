/** What the panel makes of the controller's state. */

import { TEXT } from "@/supervisor/control/text";
import type { Control, Lever, LeverDecision, LeverWord } from "@/supervisor/control/types";

/** How the rates stand, in one sentence. */
export function standing(control: Control): string {
  return control.lines[0] ?? TEXT.noOutlook;
}

export type Tone = "good" | "warn" | "bad" | "soft";

/** Bad where K1 is missed already, a warning where it will be within 24 hours. */
export function toneOf(control: Control): Tone {
  const k1 = control.aims.find((of) => of.aim === "answered");
  if (k1 === undefined) return "soft";
  if (k1.may_miss_now < 0) return "bad";
  return k1.missed_at === null ? "good" : "warn";
}

/** What the lever's key does now. */
export function wordOf(lever: Lever): Extract<LeverWord, "pull" | "undo"> {
  return lever.pulled_at === null ? "pull" : "undo";
}

/** Whether an advice waits for a person's word. */
export function isAdvised(lever: Lever): boolean {
  return lever.state === "pull_advised" || lever.state === "undo_advised";
}

/** Who pulled it, as people read it. */
export function pullerOf(lever: Lever): string {
  return lever.by === null || lever.by === "controller" ? TEXT.controller : lever.by;
}

const OF_RECORD = new Set(["pull", "undo", "pulled_by_person", "undone_by_person", "measured"]);

/** Pulls, undoings and measured effects; advice that came and went is left out. Newest first. */
export function recordOf(control: Control): LeverDecision[] {
  return control.decisions.filter((of) => OF_RECORD.has(of.what));
}
