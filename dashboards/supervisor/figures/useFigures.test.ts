import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nextTick } from "vue";

import { inComponent, stubFetch } from "@/shared/testing";
import { correction, figures } from "@/supervisor/figures/testing";
import { useFigures } from "@/supervisor/figures/useFigures";

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  await nextTick();
}

describe("the figures' page", () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.parse("2026-02-13T09:00:00+08:00") });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it("asks for today by half-hours, and again every 30 s while the day runs", async () => {
    const requests = stubFetch(() => ({ body: figures({ shown: null }) }));
    const { made, unmount } = inComponent(useFigures);
    await vi.advanceTimersByTimeAsync(0);
    const asked = new URLSearchParams(requests[0]?.path.split("?")[1]);
    expect(asked.get("from")).toBe("2026-02-13T00:00:00+08:00");
    expect(asked.get("slice")).toBe("half_hour");
    expect(made.corrections.value).toEqual([]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(requests.filter((one) => one.path.startsWith("/figures?"))).toHaveLength(2);
    unmount();
    await vi.advanceTimersByTimeAsync(90_000);
    expect(requests).toHaveLength(2);
  });

  it("asks for corrections of a day that is over, and not for the day again", async () => {
    const requests = stubFetch(({ path }) =>
      path.startsWith("/figures/corrections") ? { body: { items: [correction()] } } : { body: figures() },
    );
    const { made, unmount } = inComponent(useFigures);
    await vi.advanceTimersByTimeAsync(0);
    made.choose("yesterday");
    await settled();
    await vi.advanceTimersByTimeAsync(0);
    expect(made.corrections.value).toHaveLength(1);
    const count = requests.length;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(requests).toHaveLength(count);
    unmount();
  });

  it("exports what it shows: the event number goes along", async () => {
    stubFetch(({ path }) => (path.startsWith("/figures/corrections") ? { body: { items: [] } } : { body: figures() }));
    const { made, unmount } = inComponent(useFigures);
    await vi.advanceTimersByTimeAsync(0);
    const sent = new URLSearchParams(made.file.value.split("?")[1]);
    expect(sent.get("event_number")).toBe("j1:7");
    expect(sent.get("at")).toBe("2026-02-13T09:00:00+08:00");
    unmount();
  });

  it("does not ask for more than 31 days by half-hours", async () => {
    const requests = stubFetch(() => ({ body: figures({ shown: null }) }));
    const { made, unmount } = inComponent(useFigures);
    await vi.advanceTimersByTimeAsync(0);
    const count = requests.length;
    made.days.value = ["2026-01-01", "2026-02-10"];
    await settled();
    expect(made.tooLong.value).toBe(true);
    expect(requests).toHaveLength(count);
    made.setDay(1, "");
    expect(made.days.value).toEqual(["2026-01-01", "2026-02-10"]);
    made.slice.value = "day";
    await settled();
    expect(requests.length).toBeGreaterThan(count);
    unmount();
  });
});
