import { afterEach, describe, expect, it, vi } from "vitest";

import { stubFetch } from "@/shared/testing";
import { useExplanation } from "@/supervisor/useExplanation";

describe("opening an explanation", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("shows the call that was chosen last, and nothing once it is closed", async () => {
    const sent = stubFetch(({ path }) => ({ body: { call: path.split("/")[2], steps: [] } }));
    const { shown, open, close } = useExplanation();
    await Promise.all([open("c1"), open("c2")]);
    expect(sent.map((one) => one.path)).toEqual(["/calls/c1/explanation", "/calls/c2/explanation"]);
    expect(shown.value?.call).toBe("c2");
    const slow = open("c3");
    close();
    await slow;
    expect(shown.value).toBeNull();
  });
});
