import { afterEach, describe, expect, it, vi } from "vitest";

import { useAgent } from "@/shared/agent";
import type { AgentState } from "@/shared/api.types";
import { agentView, inComponent, stubFetch } from "@/shared/testing";
import { useAbuseReport } from "@/agent/useAbuseReport";

const SINCE = "2026-11-21T10:00:00+08:00";

function inState(state: Partial<AgentState>) {
  return inComponent(() => {
    const agent = useAgent();
    agent.view = agentView({ state: { name: "talking", since: SINCE, call: "c1", ...state } });
    return { agent, abuse: useAbuseReport() };
  }).made;
}

describe("reporting an abusive caller", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is for a call in hand or being wrapped up", () => {
    expect(inState({}).abuse.call.value).toBe("c1");
    expect(inState({ name: "wrap_up" }).abuse.call.value).toBe("c1");
    expect(inState({ name: "outbound", phase: "talking" }).abuse.call.value).toBe("c1");
    expect(inState({ name: "outbound", phase: "own_phone" }).abuse.call.value).toBeNull();
    expect(inState({ name: "ringing" }).abuse.call.value).toBeNull();
    expect(inState({ name: "ready", call: null }).abuse.report()).toBe(false);
  });

  it("is done once for a call, and anew for the next one", async () => {
    const view = agentView({ state: { name: "talking", since: SINCE, call: "c1" } });
    const requests = stubFetch(() => ({ body: view }));
    const { agent, abuse } = inState({});
    expect(abuse.report()).toBe(true);
    await vi.waitFor(() => {
      expect(abuse.reported.value).toBe(true);
    });
    expect(abuse.report()).toBe(true);
    expect(requests.map((sent) => `${sent.method} ${sent.path}`)).toEqual(["POST /agent/me/report_abuse"]);
    agent.view = agentView({ state: { name: "talking", since: SINCE, call: "c2" } });
    expect(abuse.reported.value).toBe(false);
  });

  it("can be tried again when it was refused", async () => {
    const requests = stubFetch(({ method }) =>
      method === "POST"
        ? { status: 409, body: { code: "not_your_call", detail: "您当前没有可操作的通话。" } }
        : { body: agentView({ state: { name: "talking", since: SINCE, call: "c1" } }) },
    );
    const { abuse } = inState({});
    abuse.report();
    await vi.waitFor(() => {
      expect(requests).toHaveLength(2);
    });
    expect(abuse.reported.value).toBe(false);
  });
});
