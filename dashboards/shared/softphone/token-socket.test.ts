import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { TokenSocket } from "@/shared/softphone/token-socket";

class FakeWebSocket {
  static readonly OPEN = 1;
  static readonly CONNECTING = 0;
  static last: FakeWebSocket | null = null;
  readyState = FakeWebSocket.OPEN;
  sent: unknown[] = [];
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: unknown) => void = () => undefined;
  constructor() {
    FakeWebSocket.last = this;
  }
  send(data: unknown): void {
    this.sent.push(data);
  }
  close(): void {
    this.readyState = 3;
  }
}

async function connected() {
  const socket = new TokenSocket("ws://h/sip", () => Promise.resolve("ws://h/sip?token=1"));
  const lost: (number | undefined)[] = [];
  const heard: unknown[] = [];
  socket.ondisconnect = (_error, code) => lost.push(code);
  socket.ondata = (data) => heard.push(data);
  socket.connect();
  await vi.advanceTimersByTimeAsync(0);
  const wire = FakeWebSocket.last;
  if (wire === null) throw new Error("no connection was opened");
  wire.onopen();
  return { socket, wire, lost, heard };
}

describe("the softphone's connection", () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeWebSocket);
    FakeWebSocket.last = null;
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("asks every five seconds whether it lives, and keeps the answer to itself", async () => {
    const { wire, lost, heard } = await connected();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(wire.sent).toEqual(["\r\n\r\n"]);
    wire.onmessage({ data: "\r\n" });
    await vi.advanceTimersByTimeAsync(4_900);
    expect(lost).toEqual([]);
    expect(heard).toEqual([]);
    wire.onmessage({ data: "SIP/2.0 200 OK" });
    expect(heard).toEqual(["SIP/2.0 200 OK"]);
  });

  it("is given up when nothing answers for two and a half seconds", async () => {
    const { socket, wire, lost } = await connected();
    await vi.advanceTimersByTimeAsync(7_600);
    expect(lost).toEqual([0]);
    expect(wire.readyState).toBe(3);
    expect(socket.isConnected()).toBe(false);
    expect(await socket.alive()).toBe(false);
  });

  it("says at once that it is dead when it is closed while it is asked", async () => {
    const { socket, wire } = await connected();
    const asked = socket.alive();
    wire.onclose({ wasClean: false, code: 1_006, reason: "" });
    expect(await asked).toBe(false);
  });
});
