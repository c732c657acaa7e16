import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { useAgent } from "@/shared/agent";
import type { AgentView, DeviceView } from "@/shared/api.types";
import { useSoftphone } from "@/shared/softphone/softphone";
import { faultText, useHeadsetCheck } from "@/shared/softphone/useHeadsetCheck";
import { agentView, inComponent, stubFetch } from "@/shared/testing";
import { SOFTPHONE } from "@/shared/text";

const unproved: DeviceView = { registered: true, kind: "browser", proved_at: null, problem: "not_proved" };

function set(me: { view: AgentView }) {
  return inComponent(() => {
    const softphone = useSoftphone();
    const agent = useAgent();
    softphone.phase = "registered";
    softphone.checkHeadset = () => {
      softphone.call = { incoming: false, remote: "headset-check", stage: "calling" };
    };
    stubFetch(() => ({ body: me.view }));
    return { softphone, agent, check: useHeadsetCheck() };
  }).made;
}

describe("the headset check", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("is proved by the server's verdict after the call", async () => {
    const me = { view: agentView({ device: unproved }) };
    const { softphone, agent, check } = set(me);
    const running = check.run();
    await vi.advanceTimersByTimeAsync(10);
    expect(check.step.value).toBe("listening");
    softphone.call = { incoming: false, remote: "headset-check", stage: "talking" };
    await nextTick();
    softphone.call = null;
    await nextTick();
    agent.view = agentView({ device: { ...unproved, proved_at: "2026-11-21T10:00:00+08:00", problem: null } });
    await vi.advanceTimersByTimeAsync(10);
    await running;
    expect(check.step.value).toBe("proved");
    expect(check.proved.value).toBe(true);
  });

  it("says in plain words what the server has found", async () => {
    const me = { view: agentView({ device: unproved }) };
    const { softphone, check } = set(me);
    const running = check.run();
    await vi.advanceTimersByTimeAsync(10);
    softphone.call = { incoming: false, remote: "headset-check", stage: "talking" };
    await nextTick();
    me.view = agentView({ device: { ...unproved, problem: "microphone_silent" } });
    softphone.call = null;
    await vi.advanceTimersByTimeAsync(5_000);
    await running;
    expect(check.step.value).toBe("problem");
    expect(check.problem.value).toBe(SOFTPHONE.problem.microphone_silent);
  });

  it("is a problem of its own when the call is not connected", async () => {
    const me = { view: agentView({ device: unproved }) };
    const { softphone, check } = set(me);
    const running = check.run();
    await vi.advanceTimersByTimeAsync(10);
    softphone.call = null;
    await vi.advanceTimersByTimeAsync(10);
    await running;
    expect(check.problem.value).toBe(SOFTPHONE.checkCallFailed);
  });

  it("has no worth any more when the headset is gone", async () => {
    const me = { view: agentView() };
    const { softphone, check } = set(me);
    check.step.value = "proved";
    softphone.fault = { kind: "microphone", fault: "lost" };
    softphone.phase = "failed";
    await nextTick();
    expect(check.proved.value).toBe(false);
    expect(check.problem.value).toBe(SOFTPHONE.microphone.lost);
  });

  it("has a sentence for every fault", () => {
    expect(faultText({ kind: "microphone", fault: "denied" })).toContain("麦克风");
    expect(faultText({ kind: "server", detail: "稍候" })).toBe("稍候");
    expect(faultText({ kind: "registration" })).toBe(SOFTPHONE.registrationFailed);
    expect(faultText({ kind: "unreachable" })).toBe(SOFTPHONE.unreachable);
  });
});
