import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { useAgent } from "@/shared/agent";
import { useLive } from "@/shared/live";
import { agentView, FakeSocket, inComponent, latestSocket } from "@/shared/testing";
import { useTrainingSuspended } from "@/agent/useTrainingSuspended";

const zips = vi.hoisted(() => ({ count: 0 }));
vi.mock("@/shared/softphone/ring-tone", () => ({
  RingTone: class {
    zip(): void {
      zips.count += 1;
    }
    stop(): void {
      return;
    }
  },
}));

const SINCE = "2026-11-21T10:00:00+08:00";
const TEXT = "来电高峰：培训和会议暂停，请返回座席并置为就绪。";

describe("suspended training", () => {
  beforeEach(() => {
    FakeSocket.made = [];
    vi.stubGlobal("WebSocket", FakeSocket);
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is told with a tone and stands until she has come back", async () => {
    const { agent, suspended_text } = inComponent(() => {
      useLive().connect();
      return { agent: useAgent(), ...useTrainingSuspended() };
    }).made;
    agent.view = agentView({ state: { name: "not_ready", reason: "training", since: SINCE } });
    await nextTick();
    latestSocket().say({ number: 1, topic: "training_suspended", data: { text: TEXT } });
    expect(suspended_text.value).toBe(TEXT);
    expect(zips.count).toBe(1);
    // Another word about the same state leaves it standing.
    agent.view = agentView({ state: { name: "not_ready", reason: "training", since: SINCE } });
    await nextTick();
    expect(suspended_text.value).toBe(TEXT);
    agent.view = agentView();
    await nextTick();
    expect(suspended_text.value).toBe("");
  });
});
