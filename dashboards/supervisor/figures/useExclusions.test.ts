import { afterEach, describe, expect, it, vi } from "vitest";

import { inComponent, stubFetch } from "@/shared/testing";
import { TEXT } from "@/supervisor/figures/text";
import { exclusion } from "@/supervisor/figures/testing";
import { proposalOf, useExclusions } from "@/supervisor/figures/useExclusions";

vi.mock("@/shared/say", () => ({ sayDone: vi.fn(), sayProblem: vi.fn() }));

describe("exclusion events", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("are proposed with reason and span, in local time", () => {
    const form = { kind: "system_fault" as const, what: " 中继故障 ", from: "2026-02-12T09:00", until: "2026-02-12T11:00" };
    expect(proposalOf(form)).toEqual({
      kind: "system_fault",
      what: "中继故障",
      from: "2026-02-12T09:00:00+08:00",
      until: "2026-02-12T11:00:00+08:00",
    });
    expect(proposalOf({ ...form, what: " " })).toBe(TEXT.exclusions.missing);
    expect(proposalOf({ ...form, until: "" })).toBe(TEXT.exclusions.missing);
    expect(proposalOf({ ...form, until: form.from })).toBe(TEXT.exclusions.turned);
  });

  it("load the list and the figures again once signed", async () => {
    const requests = stubFetch(({ method }) =>
      method === "GET" ? { body: { items: [exclusion()] } } : { body: exclusion({ state: "approved" }) },
    );
    const changed = vi.fn();
    const { made, unmount } = inComponent(() => useExclusions(changed));
    expect(await made.approve(1)).toBe(true);
    expect(requests.map((one) => `${one.method} ${one.path}`)).toEqual([
      "GET /figures/exclusions",
      "POST /figures/exclusions/1/approve",
      "GET /figures/exclusions",
    ]);
    expect(changed).toHaveBeenCalledOnce();
    unmount();
  });

  it("change nothing when the server refuses", async () => {
    stubFetch(({ method }) =>
      method === "GET" ? { body: { items: [] } } : { status: 409, body: { code: "own_proposal", detail: "不能批准本人提出的" } },
    );
    const changed = vi.fn();
    const { made, unmount } = inComponent(() => useExclusions(changed));
    expect(await made.approve(1)).toBe(false);
    expect(changed).not.toHaveBeenCalled();
    unmount();
  });
});
