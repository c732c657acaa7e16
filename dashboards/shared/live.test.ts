import { createPinia, setActivePinia } from "pinia";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { useLive } from "@/shared/live";
import { FakeSocket, latestSocket as latest } from "@/shared/testing";

describe("useLive", () => {
  beforeEach(() => {
    setActivePinia(createPinia());
    FakeSocket.made = [];
    vi.useFakeTimers();
    vi.stubGlobal("WebSocket", FakeSocket);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("starts without a number and resumes from the last one it has seen", async () => {
    const live = useLive();
    live.connect();
    expect(latest().url).not.toContain("after");
    latest().onopen();
    latest().say({ topic: "hello", number: 5, data: { business_now: "2026-11-21T10:00:00+08:00" } });
    latest().say({ topic: "board", number: 9 });
    latest().close();
    expect(live.status).toBe("lost");
    await vi.advanceTimersByTimeAsync(600);
    expect(FakeSocket.made).toHaveLength(2);
    expect(latest().url).toContain("?after=9");
  });

  it("gives each message to its topic once, also when the server repeats it", () => {
    const live = useLive();
    const seen: unknown[] = [];
    live.on("offer", (data) => seen.push(data));
    live.connect();
    latest().say({ topic: "hello", number: 1 });
    latest().say({ topic: "offer", number: 2, data: { call: "c1" } });
    latest().say({ topic: "offer", number: 2, data: { call: "c1" } });
    latest().say({ topic: "call", number: 3 });
    expect(seen).toEqual([{ call: "c1" }]);
  });

  it("tells its listeners to load anew when the server cannot resume", () => {
    const live = useLive();
    let loads = 0;
    live.on("resync", () => (loads += 1));
    live.connect();
    latest().say({ topic: "hello", number: 500 });
    latest().say({ topic: "resync", number: 500 });
    expect(loads).toBe(1);
    expect(live.last_number).toBe(500);
  });

  it("loads anew when the server's numbers have started again", () => {
    const live = useLive();
    let loads = 0;
    live.on("resync", () => (loads += 1));
    live.connect();
    latest().say({ topic: "hello", number: 500 });
    latest().say({ topic: "hello", number: 3 });
    latest().say({ topic: "board", number: 4 });
    expect(loads).toBe(1);
    expect(live.last_number).toBe(4);
  });

  it("stays away after it was told to disconnect", async () => {
    const live = useLive();
    live.connect();
    live.disconnect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(1);
  });
});
