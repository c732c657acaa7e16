/** How instants, spans and rates are written for a person. */

const SHANGHAI = { timeZone: "Asia/Shanghai", hour12: false } as const;
const TIME = new Intl.DateTimeFormat("zh-CN", {
  ...SHANGHAI,
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});
const DATE_TIME = new Intl.DateTimeFormat("zh-CN", {
  ...SHANGHAI,
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
});

type Instant = string | number | null | undefined;

function written(format: Intl.DateTimeFormat, at: Instant): string {
  if (at === null || at === undefined) return "—";
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "—" : format.format(date);
}

export const timeOf = (at: Instant): string => written(TIME, at);
export const dateTimeOf = (at: Instant): string => written(DATE_TIME, at);

/** `02:05`, or `1:02:05` from an hour up. Never negative. */
export function spanOf(span_ms: number): string {
  const total_s = Math.max(0, Math.floor(span_ms / 1000));
  const hours = Math.floor(total_s / 3600);
  const minutes = Math.floor((total_s % 3600) / 60);
  const tail = `${String(minutes).padStart(2, "0")}:${String(total_s % 60).padStart(2, "0")}`;
  return hours > 0 ? `${String(hours)}:${tail}` : tail;
}

/** A rough span in words: `2天3小时`, `3小时05分`, `12分`. */
export function spanInWords(span_ms: number): string {
  const minutes = Math.floor(Math.abs(span_ms) / 60_000);
  const days = Math.floor(minutes / 1440);
  const hours = Math.floor((minutes % 1440) / 60);
  if (days > 0) return `${String(days)}天${String(hours)}小时`;
  if (hours > 0) return `${String(hours)}小时${String(minutes % 60).padStart(2, "0")}分`;
  return `${String(minutes)}分`;
}

/** Parts per million as a percentage with two digits, cut and not rounded: 99.999 % is not 100 %. */
export function percent(rate_ppm: number | null | undefined): string {
  if (rate_ppm === null || rate_ppm === undefined) return "—";
  return `${(Math.floor(rate_ppm / 100) / 100).toFixed(2)}%`;
}

export function secondsOf(span_ms: number | null | undefined): string {
  return span_ms === null || span_ms === undefined ? "—" : `${(span_ms / 1000).toFixed(1)} 秒`;
}

/** `13805370001` as `138 0537 0001`, easier to read back to the caller. */
export function spacedNumber(number: string | null): string {
  if (number === null || number === "") return "号码未显示";
  const mobile = /^(1\d{2})(\d{4})(\d{4})$/.exec(number);
  return mobile ? `${mobile[1] ?? ""} ${mobile[2] ?? ""} ${mobile[3] ?? ""}` : number;
}
