/** The things the HTTP interface speaks of, as docs/api-design.md names them. */

import type { K12 } from "@/shared/misses.types";

export type Role =
  | "agent"
  | "team_leader"
  | "quality_inspector"
  | "dispatcher"
  | "reviewer"
  | "follow_up_clerk"
  | "kb_editor"
  | "kb_approver"
  | "unit_contact"
  | "unit_leader"
  | "supervisor"
  | "inspection_office"
  | "county_leader"
  | "sys_admin"
  | "sec_admin"
  | "auditor";

export interface Session {
  user_id: string;
  username: string;
  display_name: string;
  roles: Role[];
  unit: { code: string; name: string } | null;
  pages: string[];
  centre: { id: string; name: string };
  business_now: string;
  test_clock: boolean;
}

export type StateName =
  | "offline"
  | "not_ready"
  | "ready"
  | "ringing"
  | "talking"
  | "wrap_up"
  | "outbound";

export type NotReadyReason = "busy" | "break" | "meal" | "training" | "meeting";

export interface AgentState {
  name: StateName;
  since: string;
  reason?: string | null;
  call?: string | null;
  leg?: string | null;
  until?: string | null;
  phase?: string | null;
}

export type DeviceProblem = "no_registration" | "not_proved" | "microphone_silent" | "no_media";

export interface DeviceView {
  registered: boolean;
  kind: string | null;
  proved_at: string | null;
  problem: DeviceProblem | null;
}

export interface AgentView {
  agent: string;
  username: string;
  display_name: string;
  state: AgentState;
  auto_answer: boolean;
  skills: string[];
  reserve: boolean;
  device: DeviceView;
  current_call: CallView | null;
}

export interface CallView {
  call: string;
  direction: "inbound" | "outbound";
  /** Null where the number was withheld. */
  caller: string | null;
  dialled: string;
  agent: { id: string; name: string } | null;
  rang_at: string;
  answered_at: string | null;
  ended_at: string | null;
  wait_ms: number | null;
  state: "waiting" | "ringing" | "talking" | "held" | "ended";
  outcome: null | "answered" | "abandoned" | "failed";
  recording: null | { id: string; duration_ms: number };
  work_order: string | null;
  guard: "none" | "second_agent" | "reserve";
  /** Of a call of ours; null for citizens' calls. */
  purpose: CallPurpose | null;
}

/** `queue_callback`: promised to somebody who waited; the distributor makes it when its turn has come. */
export type CallPurpose = "feedback" | "follow_up" | "missed_call_return" | "queue_callback" | "other";

export interface WaitingCall {
  call: string;
  caller: string | null;
  waited_ms: number;
  rang_at: string;
  guard: string;
  /** Was answered and lost the agent: served before everybody else. */
  returned: boolean;
}

export interface Offer {
  call: string;
  leg: string;
  caller: string | null;
  dialled: string;
  rang_at: string | null;
  waited_ms: number;
  ring_limit_ms: number;
  auto_answer: boolean;
  second_offer: boolean;
  /** The caller has talked already and lost the agent. */
  returned: boolean;
}

export interface OfferEnded {
  call: string;
  leg: string | null;
  reason: string;
}

export interface Place {
  town: string | null;
  address: string | null;
}

export interface CallerHistory {
  caller: string | null;
  masked: string | null;
  /** Noted as elderly: called back before others. */
  elder: boolean;
  last_place: Place | null;
  work_orders: WorkOrderSummary[];
  calls: CallView[];
}

export interface SoftphoneToken {
  token: string;
  ws_url: string;
  wss_url: string;
  aor: string;
  domain: string;
  device: string;
  expires_at: string;
}

export type Urgency = "normal" | "urgent" | "critical";
export type OrderState =
  | "draft"
  | "accepted"
  | "dispatched"
  | "in_progress"
  | "replied"
  | "follow_up_pending"
  | "closed"
  | "rejected";
export type FeedbackMeans = "phone" | "sms" | "in_app" | "in_person" | "letter";
export type FeedbackOutcome =
  | "told"
  | "declined"
  | "no_answer"
  | "machine"
  | "other_person"
  | "wrong_number"
  | "undelivered";
export type Rating =
  | "very_satisfied"
  | "satisfied"
  | "basically_satisfied"
  | "dissatisfied"
  | "very_dissatisfied";
export type Solved = "yes" | "partly" | "no" | "not_answered";
export type HandlingOutcome = "solved" | "explained" | "unsolved";

/** A closed vocabulary: code and Chinese label. */
export interface Word {
  code: string;
  label: string;
}

export interface Unit {
  code: string;
  name: string;
}

/** What the agent registers; `edit_draft` replaces all of it. */
export interface Intake {
  source: { channel: string; [other: string]: unknown };
  petitioner: Petitioner;
  demand: Demand;
}

export interface Petitioner {
  name: string;
  phones: string[];
  address: string;
  anonymous: boolean;
  confidential: boolean;
  feedback_declined: boolean;
  [other: string]: unknown;
}

export interface Demand {
  demand_type?: string | null;
  category?: string | null;
  title: string;
  content: string;
  wanted_outcome: string;
  event_at?: string | null;
  place: { town?: string | null; address: string };
  urgency?: Urgency | null;
  public_ok: boolean;
  [other: string]: unknown;
}

export type Telling =
  | { kind: "told"; means: FeedbackMeans; told_at: string }
  | { kind: "not_told"; reason: string };

export interface ReplyContent {
  outcome: HandlingOutcome;
  internal_text?: string;
  public_text: string;
  measures?: string;
  law_basis?: string;
  unsolved_reason?: string;
}

export interface FollowUpAnswers {
  contacted: boolean | null;
  told: boolean | null;
  solved: Solved;
  process_rating: Rating | null;
  result_rating: Rating | null;
  comment: string;
  dissatisfaction: string | null;
  explanation: string;
  alone_on_duty: boolean;
}

export type FollowUpTry =
  | { outcome: "reached"; answers: FollowUpAnswers }
  | { outcome: "missed"; miss: string; note: string }
  | { outcome: "sms_link_sent" };

export interface FeedbackTry {
  means: FeedbackMeans;
  outcome: FeedbackOutcome;
  at: string;
  proof?: string;
  note: string;
}

/** A command of the work-order core, tagged by `type`. */
export type WorkOrderCommand =
  | { type: "edit_draft"; intake: Intake }
  | { type: "answer_direct"; answer: string; feedback: Telling }
  | { type: "accept" }
  | { type: "reject_intake"; reason: string; explanation: string; route_told: string; feedback: Telling }
  | { type: "confirm_rejection" }
  | { type: "return_rejection"; reason: string }
  | { type: "dispatch"; lead_unit: string; assist_units: string[]; opinion: string; reason?: string }
  | { type: "sign" }
  | { type: "first_contact"; contacted_at: string; result: string }
  | { type: "submit_reply"; reply: ReplyContent; feedback: Telling }
  | { type: "approve_reply" }
  | { type: "return_reply_draft"; reason: string }
  | { type: "review_pass"; note?: string }
  | { type: "review_reject"; reason: string }
  | { type: "record_feedback"; attempt: FeedbackTry }
  | { type: "record_follow_up"; follow_up: FollowUpTry }
  | { type: "close_unreachable" };

export interface WorkOrderSummary {
  id: string;
  order_no: string;
  state: OrderState;
  demand_type: string | null;
  title: string;
  category: string | null;
  category_label: string | null;
  /** Name of the town. */
  place: string | null;
  urgency: Urgency;
  confidential: boolean;
  unit: Unit | null;
  next_clock: { name: string; due_at: string } | null;
  feedback_due_at: string | null;
  version: number;
  opened_at: string;
  accepted_at: string | null;
  petitioner_name: string;
}

export interface WorkOrderEvent {
  at: string;
  name: string | null;
  role: Role | null;
  unit: string | null;
  kind: string;
  from: OrderState | null;
  to: OrderState;
  note: string;
}

export interface ReplyView {
  submitted_at: string;
  content: ReplyContent;
  telling: Telling;
  approved_at: string | null;
  returned_because: string | null;
}

export interface Suggestion {
  lead_units: Unit[];
  assist_units: Unit[];
  towns_forbidden: boolean;
}

export interface FeedbackDuty {
  number: number;
  kind: string;
  result_at: string;
  due_at: string;
  status: { status: "open" | "told" | "exempt" | "cancelled"; [other: string]: unknown };
  tries: { attempt: FeedbackTry; by: unknown }[];
}

export interface WorkOrderView {
  id: string;
  order_no: string;
  query_code: string | null;
  version: number;
  state: OrderState;
  opened_at: string;
  intake: Intake;
  category: { code: string; path: string[] } | null;
  urgency: Urgency;
  confidential: boolean;
  unit: Unit | null;
  dispatch: { opinion?: string; [other: string]: unknown } | null;
  clocks: { clock: string; due_at: string; breached: boolean }[];
  allowed: string[];
  events: WorkOrderEvent[];
  suggested_unit: Suggestion | null;
  feedback: FeedbackDuty | null;
  feedback_means: FeedbackMeans[];
  reply: ReplyView | null;
}

/** A leaf of the category tree. */
export interface CategoryHit {
  code: string;
  path: string[];
  label: string;
  urgency: Urgency;
  confidential: boolean;
  towns_forbidden: boolean;
  lead_unit: string | null;
  score: number | null;
}

export interface UnitItem {
  code: string;
  name: string;
  kind: string;
}

export interface TownItem {
  code: string;
  name: string;
}

export interface Page<T> {
  items: T[];
  next: string | null;
}

export interface Board {
  at: string;
  k1: {
    answered: number;
    requests: number;
    rate_ppm: number | null;
    minimum_ppm: number | null;
    minimum_at: string | null;
  };
  k2a: { answered_15s: number; answered: number; rate_ppm: number | null };
  k2b: { answered_15s: number; requests: number; rate_ppm: number | null };
  k12: K12;
  waiting: WaitingCall[];
  agents: Record<StateName, number>;
  breaches_today: {
    call: string;
    rang_at: string;
    wait_ms: number;
    outcome: string | null;
    cause: string;
    detail: string;
  }[];
  orders: { accepted_today: number; open: number; overdue: number } | null;
  feedback: {
    due_today: number;
    met: number;
    missed: number;
    open: number;
    rate_ppm: number | null;
  } | null;
}

/** Sound is missing from the recording of a call; the call itself goes on. */
export interface RecordingFailed {
  call: string;
  fault: "disk_full" | "disk_slow" | "disk_failed";
}

export interface LiveMessage {
  number: number;
  at: string;
  topic: string;
  data: unknown;
}

export interface WorkOrderChange {
  id: string;
  order_no: string | null;
  state: OrderState;
  version: number;
  unit: string | null;
  change: string;
}
