import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { keepWay } from "@/shared/softphone/ice";

/** A connection whose state the test sets, and a call that counts its new offers. */
function set(alive: () => boolean) {
  const connection = new EventTarget() as RTCPeerConnection;
  let state: RTCIceConnectionState = "connected";
  Object.defineProperty(connection, "iceConnectionState", { get: () => state });
  const offers: unknown[] = [];
  let ended = false;
  const session = {
    isEnded: () => ended,
    renegotiate: (options: unknown) => offers.push(options) > 0,
  };
  keepWay(session, connection, () => Promise.resolve(alive()));
  return {
    offers,
    end: () => (ended = true),
    becomes: (next: RTCIceConnectionState) => {
      state = next;
      connection.dispatchEvent(new Event("iceconnectionstatechange"));
    },
  };
}

describe("the way of the sound", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it("is asked for anew when it is broken for a second, again and again, until it is back", async () => {
    const way = set(() => true);
    way.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(900);
    expect(way.offers).toEqual([]);
    await vi.advanceTimersByTimeAsync(200);
    expect(way.offers).toEqual([{ useUpdate: false, rtcOfferConstraints: { iceRestart: true } }]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(way.offers).toHaveLength(2);
    way.becomes("connected");
    await vi.advanceTimersByTimeAsync(10_000);
    expect(way.offers).toHaveLength(2);
  });

  it("is left to the browser when it mends it within the second", async () => {
    const way = set(() => true);
    way.becomes("disconnected");
    await vi.advanceTimersByTimeAsync(500);
    way.becomes("connected");
    await vi.advanceTimersByTimeAsync(5_000);
    expect(way.offers).toEqual([]);
  });

  it("is not asked for through a dead connection, which would end the call", async () => {
    let alive = false;
    const way = set(() => alive);
    way.becomes("failed");
    await vi.advanceTimersByTimeAsync(6_500);
    expect(way.offers).toEqual([]);
    alive = true;
    await vi.advanceTimersByTimeAsync(1_000);
    expect(way.offers).toHaveLength(1);
  });

  it("is of no interest after the call", async () => {
    const way = set(() => true);
    way.becomes("disconnected");
    way.end();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(way.offers).toEqual([]);
  });
});
