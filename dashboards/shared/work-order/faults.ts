/** Where on a form a refusal belongs. */

import type { ApiProblem } from "@/shared/problem";

export type FormField =
  | "name"
  | "phone"
  | "category"
  | "demand_type"
  | "urgency"
  | "town"
  | "address"
  | "event_at"
  | "title"
  | "content"
  | "answer";

export type FormFaults = Partial<Record<FormField, string>>;

const BY_CODE: Record<string, FormField> = {
  category_missing: "category",
  category_unknown: "category",
  place_missing: "address",
  demand_type_missing: "demand_type",
  invalid_demand: "demand_type",
  title_missing: "title",
  content_missing: "content",
  petitioner_missing: "phone",
  urgency_lowered: "urgency",
  text_missing: "answer",
  time_in_future: "event_at",
  time_too_early: "event_at",
};

const BY_NAME: Record<string, FormField> = {
  name: "name",
  phones: "phone",
  phone: "phone",
  category: "category",
  demand_type: "demand_type",
  urgency: "urgency",
  town: "town",
  place: "address",
  address: "address",
  event_at: "event_at",
  title: "title",
  content: "content",
  answer: "answer",
};

/** The last name of a path like `intake.demand.title` or `intake.petitioner.phones[0]`. */
function lastName(path: string): string {
  const names = path.split(/[./]/).map((part) => part.replace(/\[\d+\]$/, ""));
  return names.filter((part) => part !== "" && !/^\d+$/.test(part)).at(-1) ?? path;
}

export function faultsOf(problem: ApiProblem): FormFaults {
  const faults: FormFaults = {};
  const field = BY_CODE[problem.code];
  if (field) faults[field] = problem.detail;
  for (const fault of problem.errors) {
    const name = BY_NAME[lastName(fault.field)];
    if (name) faults[name] = fault.detail;
  }
  return faults;
}
