/** What unit tests share: a fetch and a live connection that answer as told, and a place for composables to live. */

import { createPinia, setActivePinia } from "pinia";
import { createApp, defineComponent, h } from "vue";
import { vi } from "vitest";

import type { AgentView, CallView, WorkOrderView } from "@/shared/api.types";

export interface Answer {
  status?: number;
  body?: unknown;
}

export interface Sent {
  method: string;
  path: string;
  body: unknown;
  if_match: string | null;
}

/** Answers each request by `reply`; the requests are kept in order. */
export function stubFetch(reply: (sent: Sent) => Answer): Sent[] {
  const requests: Sent[] = [];
  vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    const sent: Sent = {
      method: init.method ?? "GET",
      path: path.replace("/api/v1", ""),
      body: typeof init.body === "string" ? (JSON.parse(init.body) as unknown) : null,
      if_match: headers.get("if-match"),
    };
    requests.push(sent);
    const { status = 200, body } = reply(sent);
    return Promise.resolve(new Response(body === undefined ? "" : JSON.stringify(body), { status }));
  });
  return requests;
}

/** A WebSocket whose other end is the test; those made are kept in order. */
export class FakeSocket {
  static made: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 1;
  sent: string[] = [];
  onopen: () => void = () => undefined;
  onclose: () => void = () => undefined;
  onmessage: (event: { data: string }) => void = () => undefined;

  constructor(readonly url: string) {
    FakeSocket.made.push(this);
  }
  send(text: string): void {
    this.sent.push(text);
  }
  close(): void {
    this.readyState = 3;
    this.onclose();
  }
  say(message: object): void {
    this.onmessage({ data: JSON.stringify({ at: "2026-11-21T10:00:00+08:00", data: {}, ...message }) });
  }
}

export function latestSocket(): FakeSocket {
  const socket = FakeSocket.made.at(-1);
  if (!socket) throw new Error("no connection was made");
  return socket;
}

/** Runs a composable inside a component, so that its watchers and hooks work. */
export function inComponent<T>(make: () => T): { made: T; unmount: () => void } {
  const pinia = createPinia();
  setActivePinia(pinia);
  const holder: { made?: T } = {};
  const app = createApp(
    defineComponent({
      setup() {
        holder.made = make();
        return () => h("div");
      },
    }),
  );
  app.use(pinia);
  app.mount(document.createElement("div"));
  return {
    made: holder.made as T,
    unmount: () => {
      app.unmount();
    },
  };
}

export function agentView(change: Partial<AgentView> = {}): AgentView {
  return {
    agent: "a1",
    username: "agent01",
    display_name: "话务员一",
    state: { name: "ready", since: "2026-11-21T10:00:00+08:00" },
    auto_answer: false,
    skills: [],
    reserve: false,
    device: { registered: true, kind: "browser", proved_at: "2026-11-21T09:00:00+08:00", problem: null },
    current_call: null,
    ...change,
  };
}

export function callView(change: Partial<CallView> = {}): CallView {
  return {
    call: "c1",
    direction: "inbound",
    caller: "13805370001",
    dialled: "12345",
    agent: null,
    rang_at: "2026-11-21T10:00:00+08:00",
    answered_at: null,
    ended_at: null,
    wait_ms: null,
    state: "talking",
    outcome: null,
    recording: null,
    work_order: null,
    guard: "none",
    purpose: null,
    ...change,
  };
}

export function orderView(change: Partial<WorkOrderView> = {}): WorkOrderView {
  return {
    id: "w1",
    order_no: "261121000001",
    query_code: "123456",
    version: 1,
    state: "draft",
    intake: {
      source: { channel: "phone" },
      petitioner: {
        name: "",
        phones: ["13805370001"],
        address: "",
        anonymous: false,
        confidential: false,
        feedback_declined: false,
      },
      demand: {
        title: "",
        content: "",
        wanted_outcome: "",
        place: { address: "" },
        public_ok: false,
      },
    },
    opened_at: "2026-11-21T10:00:00+08:00",
    category: null,
    urgency: "normal",
    confidential: false,
    unit: null,
    dispatch: null,
    clocks: [],
    allowed: ["edit_draft", "accept"],
    events: [],
    suggested_unit: null,
    feedback: null,
    feedback_means: [],
    reply: null,
    ...change,
  };
}
