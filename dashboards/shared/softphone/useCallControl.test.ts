import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { useAgent } from "@/shared/agent";
import type { AgentView, CallPurpose, Offer } from "@/shared/api.types";
import { useSoftphone } from "@/shared/softphone/softphone";
import { useCallControl } from "@/shared/softphone/useCallControl";
import { agentView, callView, inComponent, stubFetch } from "@/shared/testing";

const tone = vi.hoisted(() => ({ rings: 0, zips: 0 }));
vi.mock("@/shared/softphone/ring-tone", () => ({
  RingTone: class {
    start(): void {
      tone.rings += 1;
    }
    zip(): void {
      tone.zips += 1;
    }
    stop(): void {
      return;
    }
  },
}));

const offer: Offer = {
  call: "c1", leg: "l1", caller: "13805370001", dialled: "12345", rang_at: "2026-11-21T10:00:00+08:00",
  waited_ms: 0, ring_limit_ms: 6_000, auto_answer: false, second_offer: false, returned: false,
};
const ringing = { incoming: true, remote: "13805370001", stage: "ringing" as const };

/** Her own phone rings for a call out. */
function outward(purpose: CallPurpose | null): AgentView {
  const call = purpose === null ? null : callView({ call: "c1", direction: "outbound", purpose, state: "ringing" });
  const state = { name: "outbound" as const, phase: "own_phone", call: "c1", since: "2026-11-21T10:00:00+08:00" };
  return agentView({ state, current_call: call });
}

function desk() {
  return inComponent(() => {
    const agent = useAgent();
    const softphone = useSoftphone();
    const answered = { count: 0 };
    softphone.answer = () => {
      answered.count += 1;
    };
    agent.view = agentView();
    return { agent, softphone, answered, control: useCallControl() };
  }).made;
}

describe("call control", () => {
  beforeEach(() => {
    Object.assign(tone, { rings: 0, zips: 0 });
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("rings for an offer and answers by key once the call is there", async () => {
    const { agent, softphone, answered, control } = desk();
    expect(control.answer()).toBe(false);
    agent.offer = offer;
    await nextTick();
    expect(tone.rings).toBe(1);
    expect(control.answer()).toBe(true);
    expect(answered.count).toBe(0);
    softphone.call = ringing;
    await nextTick();
    expect(answered.count).toBe(1);
  });

  it("answers at once when she has set so", async () => {
    const { agent, softphone, answered } = desk();
    agent.offer = { ...offer, auto_answer: true };
    softphone.call = ringing;
    await nextTick();
    expect(answered.count).toBe(1);
    expect(tone).toEqual({ rings: 0, zips: 1 });
  });

  it("answers the ringing of a call she dialled herself", async () => {
    const { agent, softphone, answered } = desk();
    agent.dialling = true;
    softphone.call = ringing;
    await nextTick();
    expect(answered.count).toBe(1);
  });

  it("does not answer by itself otherwise", async () => {
    const { agent, softphone, answered } = desk();
    agent.offer = offer;
    softphone.call = ringing;
    await nextTick();
    expect(answered.count).toBe(0);
  });

  it("rings for a promised call back that nobody dialled, answers by key and gives it away by laying down", async () => {
    const requests = stubFetch(() => ({ body: agentView() }));
    const { agent, softphone, answered, control } = desk();
    agent.view = outward("queue_callback");
    softphone.call = ringing;
    await nextTick();
    expect(agent.given_out).toBe(true);
    expect(answered.count).toBe(0);
    expect(tone).toEqual({ rings: 1, zips: 0 });
    expect(control.reject()).toBe(true);
    await vi.waitFor(() => {
      expect(requests.map((sent) => sent.path)).toEqual(["/agent/me/hang_up"]);
    });
    agent.view = outward("queue_callback");
    expect(control.answer()).toBe(true);
    expect(answered.count).toBe(1);
  });

  it("takes a call out for a promised one until it knows what it is for, and her own for her own", async () => {
    stubFetch(() => ({ body: { call: "c1" } }));
    const { agent, softphone, answered } = desk();
    agent.view = outward(null);
    expect(agent.given_out).toBe(true);
    agent.view = outward("feedback");
    expect(agent.given_out).toBe(false);
    await agent.callBack("d1");
    agent.view = outward(null);
    softphone.call = ringing;
    await nextTick();
    expect(agent.given_out).toBe(false);
    expect(answered.count).toBe(1);
  });

  it("holds and retrieves by the same key", async () => {
    const requests = stubFetch(() => ({ body: agentView({ state: { name: "talking", since: offer.rang_at ?? "" } }) }));
    const { agent, control } = desk();
    expect(control.hold()).toBe(false);
    agent.view = agentView({ state: { name: "talking", since: "2026-11-21T10:00:00+08:00" } });
    expect(control.hold()).toBe(true);
    await vi.waitFor(() => {
      expect(requests.map((sent) => sent.path)).toEqual(["/agent/me/hold"]);
    });
  });
});
