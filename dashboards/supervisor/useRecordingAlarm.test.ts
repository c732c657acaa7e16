import { afterEach, describe, expect, it, vi } from "vitest";

import { useLive } from "@/shared/live";
import { FakeSocket, inComponent, latestSocket } from "@/shared/testing";
import { useRecordingAlarm } from "@/supervisor/useRecordingAlarm";

describe("the alarm of lost recordings", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("counts each call once and stands until it is seen", () => {
    vi.stubGlobal("WebSocket", FakeSocket);
    const { made, unmount } = inComponent(() => {
      useLive().connect();
      return useRecordingAlarm();
    });
    expect(made.alarm.value).toBeNull();
    ["c1", "c1", "c2"].forEach((call, index) => {
      latestSocket().say({ topic: "recording_failed", number: index + 1, data: { call, fault: "disk_full" } });
    });
    expect(made.alarm.value?.calls.size).toBe(2);
    expect(made.alarm.value?.fault).toBe("disk_full");
    made.seen();
    expect(made.alarm.value).toBeNull();
    unmount();
  });
});
