/** Every request the pages make, by name. */

import type {
  AgentView,
  Board,
  CallerHistory,
  CallView,
  CategoryHit,
  NotReadyReason,
  Page,
  Session,
  SoftphoneToken,
  TownItem,
  UnitItem,
  Word,
  WorkOrderCommand,
  WorkOrderSummary,
  WorkOrderView,
} from "@/shared/api.types";
import { request } from "@/shared/http";
import type { Explanation, WorkList } from "@/shared/misses.types";

export type Box =
  | "mine"
  | "dispatch"
  | "review"
  | "feedback"
  | "follow_up"
  | "inbox"
  | "approval"
  | "all";

export type AgentCommand =
  | "sign_in"
  | "sign_out"
  | "ready"
  | "not_ready"
  | "finish_wrap_up"
  | "extend_wrap_up"
  | "reject_offer"
  | "hang_up"
  | "hold"
  | "retrieve"
  | "report_abuse";

export const api = {
  session: () => request<Session>("GET", "/session"),
  signIn: (username: string, password: string) =>
    request<Session>("POST", "/session", { body: { username, password } }),
  signOut: () => request<undefined>("DELETE", "/session"),

  me: () => request<AgentView>("GET", "/agent/me"),
  agentCommand: (command: AgentCommand, body: { reason?: NotReadyReason; auto_answer?: boolean } = {}) =>
    request<AgentView>("POST", `/agent/me/${command}`, { body }),
  settings: (auto_answer: boolean) =>
    request<AgentView>("PUT", "/agent/me/settings", { body: { auto_answer } }),
  dial: (work_order: string, purpose: "feedback" | "follow_up") =>
    request<{ call: string }>("POST", "/agent/me/dial", { body: { work_order, purpose } }),
  softphoneToken: (wish: { take_over: boolean; device?: string; replaces?: string }, limit_ms?: number) =>
    request<SoftphoneToken>("POST", "/softphone-token", { body: wish, ...(limit_ms === undefined ? {} : { limit_ms }) }),
  agents: () => request<Page<AgentView>>("GET", "/agents"),

  call: (id: string) => request<CallView>("GET", `/calls/${id}`),
  callerHistory: (id: string) => request<CallerHistory>("GET", `/calls/${id}/caller`),
  noteElder: (id: string, elder: boolean) =>
    request<CallerHistory>("PUT", `/calls/${id}/caller/elder`, { body: { elder } }),
  explanation: (id: string) => request<Explanation>("GET", `/calls/${id}/explanation`),

  categories: (q: string) =>
    request<Page<CategoryHit>>("GET", "/catalogue/categories", { query: { q, limit: 20 } }),
  categoryLeaves: () => request<Page<CategoryHit>>("GET", "/catalogue/categories"),
  words: () => request<Record<string, Word[]>>("GET", "/catalogue/words"),
  units: () => request<Page<UnitItem>>("GET", "/catalogue/units"),
  towns: () => request<Page<TownItem>>("GET", "/catalogue/places"),

  workOrders: (box: Box, after?: string) =>
    request<Page<WorkOrderSummary>>("GET", "/work-orders", { query: { box, after, limit: 50 } }),
  workOrder: (id: string) => request<WorkOrderView>("GET", `/work-orders/${id}`),
  createDraft: (call: string, channel: "phone" | "missed_call_return" = "phone") =>
    request<WorkOrderView>("POST", "/work-orders", { body: { call, channel } }),
  command: (id: string, version: number, command: WorkOrderCommand) =>
    request<WorkOrderView>("POST", `/work-orders/${id}/commands`, { body: command, version }),

  board: () => request<Board>("GET", "/supervisor/board"),
  missedCallReturns: () => request<WorkList>("GET", "/missed-call-returns"),
  claimNextReturn: () => request<{ call: string }>("POST", "/missed-call-returns/claim_next", { body: {} }),
  claimReturn: (duty: string) => request<undefined>("POST", `/missed-call-returns/${duty}/claim`, { body: {} }),
  releaseReturn: (duty: string) => request<undefined>("POST", `/missed-call-returns/${duty}/release`, { body: {} }),
  dialReturn: (duty: string) => request<{ call: string }>("POST", `/missed-call-returns/${duty}/dial`, { body: {} }),
  giveUpReturn: (duty: string, note: string) =>
    request<undefined>("POST", `/missed-call-returns/${duty}/give_up`, { body: { note } }),
};
