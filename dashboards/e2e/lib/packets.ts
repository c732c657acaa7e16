/** Packets that reach a page: whether, and for how long none came. */

import type { Page } from "playwright-core";

import { pause } from "./system.ts";

declare global {
  var hotlineConnections: RTCPeerConnection[] | undefined;
}

/** Keeps the page's connections where they can be counted. */
export async function watchConnections(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const made: RTCPeerConnection[] = [];
    globalThis.hotlineConnections = made;
    const Original = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Original {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        made.push(this);
      }
    };
  });
}

/** Packets that have reached the page, over all its connections. */
export async function packets(page: Page): Promise<number> {
  return page.evaluate(async () => {
    let count = 0;
    for (const connection of globalThis.hotlineConnections ?? []) {
      const stats = await connection.getStats();
      stats.forEach((entry: { type: string; packetsReceived?: number }) => {
        if (entry.type === "inbound-rtp") count += entry.packetsReceived ?? 0;
      });
    }
    return count;
  });
}

/** The longest time without a packet, sampled until `over`. */
export async function longestGap(page: Page, over: () => boolean): Promise<number> {
  let [last_count, last_at, gap_ms] = [await packets(page), Date.now(), 0];
  while (!over()) {
    await pause(100);
    if (page.isClosed()) return Number.NaN;
    const count = await packets(page).catch(() => last_count);
    const now = Date.now();
    if (count > last_count) {
      gap_ms = Math.max(gap_ms, now - last_at);
      [last_count, last_at] = [count, now];
    }
  }
  return Math.max(gap_ms, Date.now() - last_at);
}
