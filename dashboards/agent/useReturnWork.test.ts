import { afterEach, describe, expect, it, vi } from "vitest";

import type { MissedCallReturn, WorkList } from "@/shared/misses.types";
import { FakeSocket, inComponent, stubFetch } from "@/shared/testing";
import { doableWith, useReturnWork } from "@/agent/useReturnWork";

const MINE = { agent: { id: "a1", name: "陈晓雨" }, until: "2026-02-13T09:10:00+08:00", mine: true };

function duty(change: Partial<MissedCallReturn> = {}): MissedCallReturn {
  return {
    call: "c1",
    caller: null,
    masked: "138****8001",
    cause: "abandoned",
    owed_at: "2026-02-13T09:00:00+08:00",
    due_at: "2026-02-13T11:00:00+08:00",
    overdue: false,
    missed: 1,
    last_call: "c1",
    last_at: "2026-02-13T09:00:00+08:00",
    priority: "normal",
    attempts: 0,
    tried_at: null,
    next_at: null,
    claim: null,
    work_order: null,
    ...change,
  };
}

function list(...items: MissedCallReturn[]): WorkList {
  const counts = { open: items.length, overdue: 0, emergency: 0, elder: 0, repeat: 0, claimed: 0, resting: 0 };
  return { items, counts, calls_from: null };
}

describe("what can be done with a duty", () => {
  it("is taking it up while nobody is at it, and nothing while somebody else is", () => {
    expect(doableWith(duty(), false, false)).toEqual({ claim: true, release: false, dial: false, give_up: false });
    const foreign = duty({ claim: { ...MINE, mine: false }, attempts: 3 });
    expect(Object.values(doableWith(foreign, false, false))).toEqual([false, false, false, false]);
  });

  it("is calling by day, when she is free and the number has rested", () => {
    const mine = duty({ claim: MINE });
    expect(doableWith(mine, false, false).dial).toBe(true);
    expect(doableWith(mine, true, false).dial).toBe(false);
    expect(doableWith(mine, false, true).dial).toBe(false);
    expect(doableWith(duty({ claim: MINE, next_at: "2026-02-13T10:00:00+08:00" }), false, false).dial).toBe(false);
  });

  it("is giving up after three attempts in vain", () => {
    expect(doableWith(duty({ claim: MINE, attempts: 2 }), false, false).give_up).toBe(false);
    expect(doableWith(duty({ claim: MINE, attempts: 3 }), false, false).give_up).toBe(true);
  });
});

describe("the duty that the key calls", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("is the most pressing of hers that may be called now", async () => {
    const resting = duty({ call: "c1", claim: MINE, next_at: "2026-02-13T10:00:00+08:00" });
    const foreign = duty({ call: "c2", claim: { ...MINE, mine: false } });
    const items = [resting, foreign, duty({ call: "c3", claim: MINE }), duty({ call: "c4", claim: MINE })];
    stubFetch(() => ({ body: list(...items) }));
    const { made, unmount } = inComponent(() => useReturnWork());
    await vi.waitFor(() => {
      expect(made.callable.value?.call).toBe("c3");
    });
    unmount();
  });
});

describe("working duties off", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("takes up what the server hands out, calls it, and loads the list after each", async () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    let claimed = false;
    const sent = stubFetch(({ method, path }) => {
      if (path.endsWith("/claim_next")) claimed = true;
      if (path.endsWith("/dial")) return { status: 202, body: { call: "c9" } };
      if (method === "POST") return { body: { call: "c1" } };
      return { body: list(duty({ claim: claimed ? MINE : null })) };
    });
    const { made: work, unmount } = inComponent(useReturnWork);
    await vi.waitFor(() => {
      expect(work.list.value.counts.open).toBe(1);
    });
    await work.claimNext();
    expect(work.list.value.items[0]?.claim?.mine).toBe(true);
    await work.dial("c1");
    expect(work.made.value).toEqual({ duty: "c1", call: "c9" });
    const posts = sent.filter((one) => one.method === "POST").map((one) => one.path);
    expect(posts).toEqual(["/missed-call-returns/claim_next", "/missed-call-returns/c1/dial"]);
    expect(sent.at(-1)?.path).toBe("/missed-call-returns");
    unmount();
  });
});
