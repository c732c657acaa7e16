import { afterEach, describe, expect, it, vi } from "vitest";

import { forget, formerOfTab, remember } from "@/shared/softphone/tab";

/** The locks of the browser: names held, by this tab or another. */
function locks(held: string[]) {
  vi.stubGlobal("navigator", {
    locks: {
      query: () => Promise.resolve({ held: held.map((name) => ({ name })) }),
      request: (name: string, hold: () => Promise<void>) => {
        held.push(name);
        return hold();
      },
    },
  });
}

describe("the memory of a tab", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    sessionStorage.clear();
  });

  it("gives back the softphone that the tab had before it was loaded", async () => {
    locks([]);
    sessionStorage.setItem("hotline-softphone", JSON.stringify({ device: "d1", proved: true }));
    expect(await formerOfTab()).toEqual({ device: "d1", proved: true });
  });

  it("gives a duplicated tab nothing: the first one lives and holds the lock", async () => {
    const held: string[] = [];
    locks(held);
    remember({ device: "d1", proved: true });
    expect(held).toEqual(["hotline-softphone-d1"]);
    expect(await formerOfTab()).toBeNull();
  });

  it("works without locks, which browsers have on HTTPS and localhost alone", async () => {
    vi.stubGlobal("navigator", { locks: undefined });
    remember({ device: "d1", proved: false });
    expect(await formerOfTab()).toEqual({ device: "d1", proved: false });
  });

  it("forgets on demand, and takes nonsense for nothing", async () => {
    locks([]);
    remember({ device: "d1", proved: true });
    forget();
    expect(await formerOfTab()).toBeNull();
    sessionStorage.setItem("hotline-softphone", "not json");
    expect(await formerOfTab()).toBeNull();
  });
});
