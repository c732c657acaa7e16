import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { CategoryHit } from "@/shared/api.types";
import { inComponent, stubFetch } from "@/shared/testing";
import { treeOf } from "@/shared/work-order/catalogue";
import { useCategorySearch } from "@/shared/work-order/useCategorySearch";

function hit(code: string, label: string): CategoryHit {
  return {
    code, label, path: ["06 城市管理", label], urgency: "normal", confidential: false,
    towns_forbidden: false, lead_unit: "U14", score: 1,
  };
}

describe("useCategorySearch", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("searches after a pause and is driven by arrows and Enter", async () => {
    const requests = stubFetch(() => ({ body: { items: [hit("060401", "路灯"), hit("060402", "路面")], next: null } }));
    const chosen: string[] = [];
    const { made } = inComponent(() => useCategorySearch((one) => chosen.push(one.code)));
    made.typed("路");
    made.typed("路灯");
    await vi.advanceTimersByTimeAsync(200);
    expect(requests).toHaveLength(1);
    expect(decodeURIComponent(requests[0]?.path ?? "")).toContain("q=路灯");
    expect(made.key("ArrowDown")).toBe(true);
    expect(made.key("ArrowDown")).toBe(true);
    expect(made.marked.value).toBe(0);
    made.key("ArrowUp");
    made.key("Enter");
    expect(chosen).toEqual(["060402"]);
    expect(made.open.value).toBe(false);
    expect(made.key("Enter")).toBe(false);
  });

  it("says so when nothing is found, and closes on Escape", async () => {
    stubFetch(() => ({ body: { items: [], next: null } }));
    const { made } = inComponent(() => useCategorySearch(() => undefined));
    made.typed("xyz");
    await vi.advanceTimersByTimeAsync(200);
    expect(made.nothing.value).toBe(true);
    made.key("Escape");
    expect(made.open.value).toBe(false);
  });

  it("builds the tree to browse from the leaves", () => {
    const tree = treeOf([hit("060401", "路灯"), hit("060402", "井盖")]);
    expect(tree).toHaveLength(1);
    expect(tree[0]?.label).toBe("06 城市管理");
    expect(tree[0]?.children?.map((one) => one.code)).toEqual(["060401", "060402"]);
  });
});
