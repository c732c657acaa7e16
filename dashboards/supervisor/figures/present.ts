/** How figures are written in tables. */

import { dateTimeOf, percent, secondsOf } from "@/shared/format";
import { TEXT } from "@/supervisor/figures/text";
import type { Change, Correction, FigureRow, FigureValue, Share, Slice } from "@/supervisor/figures/types";

export const seconds = (us: number | null | undefined): string =>
  secondsOf(us === null || us === undefined ? us : us / 1_000);

/** `95.00% (190/200)`. */
export const shareOf = (share: Share | null | undefined): string =>
  share ? `${percent(share.ppm)} (${String(share.part)}/${String(share.whole)})` : "—";

/** One figure of a correction. */
export function valueOf(value: FigureValue | null): string {
  if (value === null) return TEXT.corrections.empty;
  const { part, whole } = value;
  if (value.unit === "time") return dateTimeOf(value.at);
  if (part === null) return "—";
  if (value.unit === "count") return String(part);
  if (value.unit === "us") return seconds(part);
  if (whole === null || whole === 0) return "—";
  if (value.unit === "mean_us") return seconds(part / whole);
  return shareOf({ part, whole, ppm: Math.floor((part / whole) * 1_000_000) });
}

const TIME = new Intl.DateTimeFormat("zh-CN", {
  timeZone: "Asia/Shanghai",
  hour12: false,
  hour: "2-digit",
  minute: "2-digit",
});
const DATE = new Intl.DateTimeFormat("zh-CN", { timeZone: "Asia/Shanghai", month: "2-digit", day: "2-digit" });

/** What a row is about. */
export function labelOf(row: FigureRow, slice: Slice, manyDays: boolean): string {
  const from = new Date(row.from);
  if (slice === "half_hour") return manyDays ? `${DATE.format(from)} ${TIME.format(from)}` : TIME.format(from);
  if (slice === "day") return DATE.format(from);
  if (slice === "skill" && row.key === "") return TEXT.table.noSkill;
  return row.name ?? row.key;
}

const rowKey = (group: Slice, from: string, key: string): string => `${group}|${String(Date.parse(from))}|${key}`;

/** Names the rows that a correction touches. */
export function correctedRows(corrections: Correction[]): Set<string> {
  const keys = (change: Change) => rowKey(change.group, change.from, change.key);
  return new Set(corrections.flatMap((one) => one.changes.map(keys)));
}

/** Whether a figure of this row was shown otherwise once. */
export function isCorrected(corrected: Set<string>, row: FigureRow, slice: Slice): boolean {
  return corrected.has(rowKey(slice, row.from, slice === "agent" ? (row.name ?? row.key) : row.key));
}
