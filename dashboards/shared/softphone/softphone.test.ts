import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { agentView, stubFetch, type Answer, type Sent } from "@/shared/testing";
import type { LineOptions } from "@/shared/softphone/line";
import { MicrophoneError } from "@/shared/softphone/microphone";
import { addressOf, useSoftphone } from "@/shared/softphone/softphone";
import type { Former } from "@/shared/softphone/tab";

const fake = vi.hoisted(() => ({
  options: null as LineOptions | null,
  stopped: 0,
  dialled: [] as string[],
  microphone: (): Promise<MediaStream> => Promise.reject(new Error("not set")),
}));

vi.mock("@/shared/softphone/line", () => ({
  openLine: (options: LineOptions) => {
    fake.options = options;
    return {
      dial: (target: string) => fake.dialled.push(target),
      answer: () => undefined,
      hangUp: () => undefined,
      stop: () => (fake.stopped += 1),
    };
  },
}));
vi.mock("@/shared/softphone/microphone", async (original) => ({
  ...(await original<typeof import("@/shared/softphone/microphone")>()),
  openMicrophone: () => fake.microphone(),
}));

const token = {
  token: "t 1", ws_url: "ws://h:5066/sip?token=t1", wss_url: "wss://h:7443/sip?token=t1",
  aor: "sip:agent01@hotline", domain: "hotline", device: "d1", expires_at: "2026-11-21T10:01:00+08:00",
};

function track() {
  const listeners: (() => void)[] = [];
  return {
    stop: vi.fn(),
    addEventListener: (_name: string, listener: () => void) => listeners.push(listener),
    unplug: () => {
      for (const listener of listeners) listener();
    },
  };
}

function server(answer: (sent: Sent) => Answer = () => ({ body: token })): Sent[] {
  return stubFetch((sent) => (sent.path === "/softphone-token" ? answer(sent) : { body: agentView() }));
}

async function registered(former: Former | null = null) {
  const softphone = useSoftphone();
  const starting = softphone.start(false, former);
  await vi.waitFor(() => {
    expect(fake.options).not.toBeNull();
  });
  fake.options?.events.registered();
  await starting;
  return softphone;
}

describe("the softphone", () => {
  const one = track();

  beforeEach(() => {
    setActivePinia(createPinia());
    Object.assign(fake, { options: null, stopped: 0, dialled: [] });
    const stream = { getTracks: () => [one], getAudioTracks: () => [one] } as unknown as MediaStream;
    fake.microphone = () => Promise.resolve(stream);
  });
  afterEach(() => {
    sessionStorage.clear();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("opens the microphone, then the line, and dials the check at its domain", async () => {
    server();
    const softphone = await registered();
    expect(softphone.phase).toBe("registered");
    softphone.checkHeadset();
    expect(fake.dialled).toEqual(["sip:headset-check@hotline"]);
  });

  it("uses the first token once and fetches a new one for each later connection", async () => {
    const requests = server();
    await registered();
    expect(await fake.options?.nextAddress()).toBe(token.ws_url);
    expect(requests).toHaveLength(1);
    await fake.options?.nextAddress();
    expect(requests.map((sent) => sent.body)).toEqual([{ take_over: false }, { take_over: false, device: "d1" }]);
  });

  it("asks nothing of the server when the microphone is refused", async () => {
    const requests = server();
    fake.microphone = () => Promise.reject(new MicrophoneError("denied"));
    const softphone = useSoftphone();
    await softphone.start();
    expect(softphone.phase).toBe("failed");
    expect(softphone.fault).toEqual({ kind: "microphone", fault: "denied" });
    expect(requests).toEqual([]);
  });

  it("lets the person decide when another page has the softphone", async () => {
    const requests = server((sent) =>
      (sent.body as { take_over: boolean }).take_over
        ? { body: token }
        : { status: 409, body: { code: "softphone_in_use", detail: "x" } },
    );
    const softphone = useSoftphone();
    await softphone.start();
    expect(softphone.phase).toBe("in_use");
    void softphone.start(true);
    await vi.waitFor(() => {
      expect(fake.options).not.toBeNull();
    });
    expect(requests.at(-1)?.body).toEqual({ take_over: true });
  });

  it("is lost while the line reconnects and registered again afterwards", async () => {
    server();
    const softphone = await registered();
    fake.options?.events.lost(1006);
    expect(softphone.phase).toBe("lost");
    fake.options?.events.registered();
    expect(softphone.phase).toBe("registered");
    expect(fake.stopped).toBe(0);
  });

  it("stops when another page keeps the softphone for longer than a dead connection would", async () => {
    let taken = false;
    server(() => (taken ? { status: 409, body: { code: "softphone_in_use", detail: "x" } } : { body: token }));
    const softphone = await registered();
    await fake.options?.nextAddress();
    vi.useFakeTimers();
    taken = true;
    fake.options?.events.lost(1006);
    await expect(fake.options?.nextAddress()).rejects.toThrow();
    expect(softphone.phase).toBe("lost");
    vi.advanceTimersByTime(21_000);
    await expect(fake.options?.nextAddress()).rejects.toThrow();
    expect(softphone.phase).toBe("taken_over");
    expect(fake.stopped).toBe(1);
    expect(one.stop).toHaveBeenCalled();
  });

  it("stops at once when the gateway says that another page has taken over", async () => {
    server();
    const softphone = await registered();
    fake.options?.events.lost(4410);
    expect(softphone.phase).toBe("taken_over");
    expect(fake.stopped).toBe(1);
  });

  it("remembers that the headset was proved when the registration is renewed, and when the tab is loaded again", async () => {
    server();
    const remembered = (): unknown => JSON.parse(sessionStorage.getItem("hotline-softphone") ?? "null");
    const softphone = await registered();
    expect(remembered()).toEqual({ device: "d1", proved: false });
    softphone.noteProved();
    fake.options?.events.registered();
    expect(remembered()).toEqual({ device: "d1", proved: true });
    setActivePinia(createPinia());
    fake.options = null;
    await registered({ device: "d0", proved: true });
    expect(remembered()).toEqual({ device: "d1", proved: true });
  });

  it("does not look usable when the headset is unplugged between calls", async () => {
    server();
    const softphone = await registered();
    one.unplug();
    expect(softphone.phase).toBe("failed");
    expect(softphone.fault).toEqual({ kind: "microphone", fault: "lost" });
  });

  it("keeps a call in hand when the headset is unplugged", async () => {
    server();
    const softphone = await registered();
    fake.options?.events.call({ incoming: true, remote: "x", stage: "talking" });
    one.unplug();
    expect(softphone.phase).toBe("registered");
  });

  it("adds the token to an address that lacks it", () => {
    expect(addressOf(token)).toBe("ws://h:5066/sip?token=t1");
    expect(addressOf({ ...token, ws_url: "ws://h:5066/sip" })).toBe("ws://h:5066/sip?token=t%201");
  });
});
