/** Spans of whole days in Qingyuan's time, which has no summer time. */

const DAY_MS = 86_400_000;
const OFFSET_MS = 8 * 3_600_000;

export interface Span {
  /** RFC 3339. */
  from: string;
  /** The first instant that is not in it. */
  until: string;
}

/** `2026-02-12`: the local day of an instant. */
export function dayOf(at_ms: number): string {
  return new Date(at_ms + OFFSET_MS).toISOString().slice(0, 10);
}

export function dayAfter(day: string, days: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS).toISOString().slice(0, 10);
}

const midnight = (day: string): string => `${day}T00:00:00+08:00`;

/** From the first day to the last, both in it. */
export function spanOfDays(first: string, last: string): Span {
  const [from, to] = first <= last ? [first, last] : [last, first];
  return { from: midnight(from), until: midnight(dayAfter(to, 1)) };
}

/** How many days two days span, both counted. */
export function lengthOfDays(first: string, last: string): number {
  return Math.round(Math.abs(Date.parse(last) - Date.parse(first)) / DAY_MS) + 1;
}

export type SpanName = "today" | "yesterday" | "last7" | "month";

/** First and last day of a span that has a name. */
export function namedDays(name: SpanName, now_ms: number): [string, string] {
  const today = dayOf(now_ms);
  if (name === "today") return [today, today];
  const yesterday = dayAfter(today, -1);
  if (name === "yesterday") return [yesterday, yesterday];
  return name === "last7" ? [dayAfter(today, -6), today] : [`${today.slice(0, 8)}01`, today];
}
