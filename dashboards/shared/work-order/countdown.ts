/** Time left to a limit: in words, and how alarming it is. */

import { spanInWords } from "@/shared/format";
import { WORK_ORDER } from "@/shared/work-order/text";

const SOON_MS = 4 * 3_600_000;
const NOW_MS = 3_600_000;

export type Tone = "good" | "warn" | "bad";

export interface Remaining {
  tone: Tone;
  text: string;
}

/** Red within the last hour and afterwards, amber within the last four. */
export function remaining(due_at: string, now_ms: number): Remaining {
  const left_ms = Date.parse(due_at) - now_ms;
  if (left_ms <= 0) return { tone: "bad", text: `${WORK_ORDER.overdue} ${spanInWords(left_ms)}` };
  const tone = left_ms <= NOW_MS ? "bad" : left_ms <= SOON_MS ? "warn" : "good";
  return { tone, text: `${WORK_ORDER.due} ${spanInWords(left_ms)}` };
}
