/** The things the HTTP interface speaks of, as docs/api-design.md names them. */

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
  caller: string;
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
}

export interface Offer {
  call: string;
  leg: string;
  caller: string;
  dialled: string;
  rang_at: string;
  waited_ms: number;
  ring_limit_ms: number;
  auto_answer: boolean;
  second_offer: boolean;
}

export interface OfferEnded {
  call: string;
  leg: string;
  reason: string;
}

export interface Place {
  town: string | null;
  address: string | null;
}

export interface CallerHistory {
  caller: string;
  masked: string;
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
export type OrderType = "consult" | "help" | "complaint" | "report" | "suggest" | "praise" | "other";
export type OrderState =
  | "draft"
  | "accepted"
  | "dispatched"
  | "in_progress"
  | "replied"
  | "follow_up_pending"
  | "closed"
  | "archived"
  | "rejected"
  | "void";

export interface Petitioner {
  name: string | null;
  sex: string | null;
  phone: string | null;
  anonymous: boolean;
  confidential: boolean;
  contactable: boolean;
}

/** What PATCH takes: every field optional. */
export interface DraftChange {
  petitioner?: Partial<Petitioner>;
  type?: OrderType | null;
  category?: string | null;
  title?: string | null;
  content?: string | null;
  wanted?: string | null;
  event_time?: string | null;
  place?: Partial<Place>;
  urgency?: Urgency | null;
  public_ok?: boolean;
}

export interface Clock {
  name: string;
  due_at: string;
}

export interface WorkOrderSummary {
  id: string;
  order_no: string | null;
  state: OrderState;
  type: OrderType | null;
  title: string | null;
  category: string | null;
  category_label: string | null;
  place: Place | null;
  urgency: Urgency | null;
  unit: { code: string; name: string } | string | null;
  next_clock: Clock | null;
  version: number;
  accepted_at: string | null;
  petitioner_name: string | null;
}

export interface WorkOrderEvent {
  at: string;
  who: string | null;
  kind: string;
  from: string | null;
  to: string | null;
  note: string | null;
}

export interface Reply {
  internal_text?: string | null;
  public_text: string | null;
  outcome: "solved" | "explained" | "unsolved";
  told: { how: string; at: string } | null;
  not_told_reason?: string | null;
}

export interface Feedback {
  told: boolean;
  how: string | null;
  at: string;
  note: string | null;
}

export interface FollowUp {
  outcome: "reached" | "no_answer" | "unreachable";
  solved: "yes" | "no" | "partly" | null;
  process_rating: number | null;
  result_rating: number | null;
  note: string | null;
  at: string;
}

export interface WorkOrderView {
  id: string;
  order_no: string | null;
  version: number;
  state: OrderState;
  channel: string;
  petitioner: Petitioner | null;
  type: OrderType | null;
  category: string | null;
  category_label: string | null;
  title: string | null;
  content: string | null;
  wanted: string | null;
  event_time: string | null;
  place: Place | null;
  urgency: Urgency | null;
  public_ok: boolean;
  call: string | null;
  unit: { code: string; name: string } | string | null;
  accepted_at: string | null;
  clocks: (Clock & { breached: boolean })[];
  allowed: string[];
  events: WorkOrderEvent[];
  suggested_unit: { code: string; name: string } | string | null;
  feedback_means: string[];
  reply: Reply | null;
  feedback: Feedback | Feedback[] | null;
  follow_ups: FollowUp[];
}

export interface CategoryHit {
  code: string;
  path: string[];
  label: string;
  urgency: Urgency;
  confidential: boolean;
  towns_forbidden: boolean;
  type_hint: OrderType | null;
  lead_unit: string | null;
  score: number;
}

export interface CategoryNode {
  code: string;
  label: string;
  children: CategoryNode[];
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
  waiting: { call: string; caller: string; waited_ms: number; rang_at: string; guard: string }[];
  agents: Record<StateName, number>;
  breaches_today: {
    call: string;
    rang_at: string;
    wait_ms: number;
    outcome: string;
    cause: string;
    detail: string;
  }[];
  orders: { accepted_today: number; open: number; overdue: number };
  feedback: { due_today: number; met: number; missed: number; open: number; rate_ppm: number | null };
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
