/** Missed calls over the HTTP interface: why each was missed, who is owed a call, how many were called back. */

/** An agent as an explanation names her. */
export interface ExplainedAgent {
  id: string;
  name: string;
  /** 工号; empty where she has none. */
  staff_no: string;
  /** No person but a line to a neighbouring centre. */
  neighbour: boolean;
}

export type StepCause =
  | "rang"
  | "rang_beside"
  | "no_answer"
  | "rang_on_in_vain"
  | "refused"
  | "agent_left"
  | "phone_failed"
  | "offer_lost"
  | "nobody_ready"
  | "kept_for_preferred"
  | "second_agent_sought"
  | "reserve_opened"
  | "neighbour_called"
  | "bridge_failed"
  | "answered"
  | "given_up";

/** One step of a wait, `at_ms` after ringback began. */
export interface ExplainedStep {
  at_ms: number;
  cause: StepCause;
  agent: ExplainedAgent | null;
  /** How long her phone had rung, or nobody was ready or asked. */
  for_ms: number | null;
  /** How the caller was lost, what the phone's fault was. */
  detail: string | null;
}

export interface Explanation {
  call: string;
  /** Masked. */
  caller: string | null;
  dialled: string;
  rang_at: string;
  wait_ms: number | null;
  outcome: "answered" | "abandoned" | "failed" | null;
  steps: ExplainedStep[];
  left_out: number;
}

export type ReturnPriority = "emergency" | "elder" | "repeat" | "normal";

/** Somebody who is owed a call, with the draft that was begun for her. */
export interface MissedCallReturn {
  /** The first missed call of the number and day; names the duty. */
  call: string;
  /** The whole number, for whoever has taken the duty up. */
  caller: string | null;
  masked: string;
  cause: "abandoned" | "queue_full" | "gateway_lost" | "agent_lost" | "queue_callback";
  owed_at: string;
  due_at: string;
  overdue: boolean;
  missed: number;
  last_call: string;
  last_at: string;
  priority: ReturnPriority;
  /** How often the number was rung in vain. */
  attempts: number;
  tried_at: string | null;
  /** Not to be called before. */
  next_at: string | null;
  claim: { agent: { id: string; name: string }; until: string; mine: boolean } | null;
  work_order: string | null;
}

export interface WorkList {
  items: MissedCallReturn[];
  counts: {
    open: number;
    overdue: number;
    emergency: number;
    elder: number;
    repeat: number;
    claimed: number;
    resting: number;
  };
  /** At night: from when citizens may be called again. */
  calls_from: string | null;
}

/** 漏接回拨率 of today. */
export interface K12 {
  owed: number;
  missed_calls: number;
  returned: number;
  returned_in_time: number;
  redialled: number;
  open: number;
  overdue: number;
  rate_ppm: number | null;
  in_time_ppm: number | null;
}
