/** What an agent does with her softphone: check, Ready, answer, hold, hang up. */

import type { Page } from "playwright-core";

import { id } from "./console.ts";

export interface CheckOutcome {
  proved: boolean;
  /** What the page says, in Chinese. */
  text: string;
  /** The highest level the microphone's meter has shown, 0..100. */
  level_max: number;
}

/** Runs the headset check to its verdict. Takes over from another page only when told to. */
export async function headsetCheck(page: Page, options: { take_over?: boolean } = {}): Promise<CheckOutcome> {
  await id(page, "headset-start").click();
  if (options.take_over === true) await id(page, "take-over-yes").click({ timeout: 10_000 });
  let level_max = 0;
  const result = id(page, "headset-result");
  const state = id(page, "state-ready");
  const until = Date.now() + 60_000;
  // On the agent's page the card goes away when the headset is proved: Ready can be pressed then.
  while (Date.now() < until) {
    const meter = id(page, "microphone-level");
    if ((await meter.count()) > 0) {
      const level = await meter.getAttribute("data-level", { timeout: 500 }).catch(() => null);
      level_max = Math.max(level_max, Number(level ?? 0));
    }
    if ((await result.count()) > 0) {
      const proved = (await result.getAttribute("data-result")) === "proved";
      return { proved, text: (await result.textContent())?.trim() ?? "", level_max };
    }
    if ((await state.count()) > 0 && (await state.isEnabled())) return { proved: true, text: "", level_max };
    await page.waitForTimeout(100);
  }
  throw new Error("the headset check came to no verdict within 60 s");
}

/** Waits until the distributor has put her into `state`. */
export async function waitForState(page: Page, state: string, limit_ms = 15_000): Promise<void> {
  await page.locator(`[data-testid="state"][data-state="${state}"]`).waitFor({ timeout: limit_ms });
}

export async function goReady(page: Page): Promise<void> {
  await id(page, "state-ready").click();
  await waitForState(page, "ready");
}

export async function goNotReady(page: Page, reason = "busy"): Promise<void> {
  await id(page, "state-not-ready").click();
  await id(page, `not-ready-${reason}`).click();
  await waitForState(page, "not_ready");
}

/** Waits for the card of a ringing call; gives the number shown. */
export async function waitForOffer(page: Page, limit_ms = 20_000): Promise<string> {
  await id(page, "offer-card").waitFor({ timeout: limit_ms });
  return (await id(page, "offer-caller").getAttribute("data-number")) ?? "";
}

/** Answers by key, as agents do, and waits for the conversation. */
export async function answer(page: Page, key: "F2" | "Space" = "F2"): Promise<void> {
  await page.keyboard.press(key);
  await waitForState(page, "talking");
  await id(page, "call-duration").waitFor({ timeout: 10_000 });
}

export async function hangUp(page: Page): Promise<void> {
  await page.keyboard.press("F8");
}

export async function hold(page: Page): Promise<void> {
  await page.keyboard.press("F6");
}

export async function finishWrapUp(page: Page): Promise<void> {
  await id(page, "wrap-up-finish").click();
  await waitForState(page, "ready");
}
