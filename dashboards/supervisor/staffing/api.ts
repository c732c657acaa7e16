/** The requests of this panel. */

import { request } from "@/shared/http";
import type {
  AdherenceDay,
  DayPlan,
  EventKind,
  ForecastErrors,
  Roster,
  RosterWish,
  Shift,
  Standard,
  WhatIf,
  WhatIfWish,
} from "@/supervisor/staffing/types";

export interface NewEvent {
  during: string | null;
  factor_percent: number | null;
  source: string;
}

export const staffingApi = {
  day: (day: string) => request<DayPlan>("GET", `/staffing/days/${day}`),
  meals: (day: string) => request<{ without_meal: number }>("POST", `/staffing/days/${day}/meals`),
  whatIf: (wish: WhatIfWish) => request<WhatIf>("POST", "/staffing/what-if", { body: wish }),
  roster: (day: string) => request<Roster>("GET", "/staffing/roster", { query: { day } }),
  setRoster: (entries: RosterWish[]) => request<undefined>("PUT", "/staffing/roster", { body: { entries } }),
  putShift: (shift: Shift) => {
    const { code, ...body } = shift;
    return request<Shift>("PUT", `/staffing/shifts/${encodeURIComponent(code)}`, { body });
  },
  holidayTurns: (first: string, last: string, agents: number) =>
    request<{ items: { day: string; agents: string[] }[] }>("GET", "/staffing/holiday-turns", {
      query: { first, last, agents },
    }),
  adherence: (day: string) => request<AdherenceDay>("GET", `/staffing/adherence/${day}`),
  errors: (first: string, last: string) =>
    request<ForecastErrors>("GET", "/staffing/forecast-errors", { query: { first, last } }),
  standard: () => request<{ standard: Standard; version: number }>("GET", "/staffing/standard"),
  setStandard: (standard: Standard, version: number) =>
    request<{ standard: Standard; version: number }>("PUT", "/staffing/standard", { body: { standard, version } }),
  noteEvent: (day: string, kind: EventKind, event: NewEvent) =>
    request<undefined>("PUT", `/staffing/events/${day}/${kind}`, { body: event }),
  withdrawEvent: (day: string, kind: EventKind) => request<undefined>("DELETE", `/staffing/events/${day}/${kind}`),
};
