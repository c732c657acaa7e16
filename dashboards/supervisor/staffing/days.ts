/** Days as texts like `2026-02-13`: local dates without a clock. */

const DAY_MS = 86_400_000;
const WEEKDAYS = ["周日", "周一", "周二", "周三", "周四", "周五", "周六"];

const of = (day: string): Date => new Date(`${day}T00:00:00Z`);
const written = (date: Date): string => date.toISOString().slice(0, 10);

/** So many days later, or earlier. */
export const plusDays = (day: string, days: number): string => written(new Date(of(day).getTime() + days * DAY_MS));

/** The local day in Shanghai of an instant in milliseconds. */
export const dayAt = (at_ms: number): string => written(new Date(at_ms + 8 * 3_600_000));

/** `02-13 周五` */
export function shortDay(day: string): string {
  return `${day.slice(5)} ${WEEKDAYS[of(day).getUTCDay()] ?? ""}`;
}

/** `3小时05分` of seconds, for sums of a day. */
export function hoursOf(span_s: number): string {
  const minutes = Math.round(span_s / 60);
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? `${String(hours)}小时${String(minutes % 60).padStart(2, "0")}分` : `${String(minutes)}分`;
}

/** A span as `10:30-12:00`, or null where it is none on the grid of half-hours. */
export function halfHourSpan(text: string): string | null {
  const found = /^([01]\d|2[0-3]):(00|30)-([01]\d|2[0-4]):(00|30)$/.exec(text.trim());
  if (!found || text.trim().endsWith("24:30")) return null;
  const minutes = (hour: string | undefined, minute: string | undefined) => Number(hour) * 60 + Number(minute);
  return minutes(found[1], found[2]) < minutes(found[3], found[4]) ? text.trim() : null;
}
