/** The requests of the figures' page. */

import { BASE, request } from "@/shared/http";
import type { Span } from "@/supervisor/figures/spans";
import type { AsOf, Correction, Exclusion, Figures, Proposal, Slice } from "@/supervisor/figures/types";

export interface Question extends Span {
  slice: Slice;
  reading: string;
}

const EXCLUSIONS = "/figures/exclusions";

export const figuresApi = {
  look: (question: Question) => request<Figures>("GET", "/figures", { query: { ...question } }),
  corrections: ({ from, until }: Span) =>
    request<{ items: Correction[] }>("GET", "/figures/corrections", { query: { from, until } }),
  exclusions: () => request<{ items: Exclusion[] }>("GET", EXCLUSIONS),
  propose: (proposal: Proposal) => request<Exclusion>("POST", EXCLUSIONS, { body: proposal }),
  approve: (number: number) => request<Exclusion>("POST", `${EXCLUSIONS}/${String(number)}/approve`, { body: {} }),
  reject: (number: number, note: string) =>
    request<Exclusion>("POST", `${EXCLUSIONS}/${String(number)}/reject`, { body: { note } }),
};

/** Where the file of exactly these figures is: the event number goes along. */
export function exportAddress(question: Question, as_of: AsOf): string {
  const search = new URLSearchParams({ ...question, event_number: as_of.event_number, at: as_of.at });
  return `${BASE}/figures/export?${search.toString()}`;
}
