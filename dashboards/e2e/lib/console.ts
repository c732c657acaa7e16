/** Signing in to a console, and what a console complains about. */

import { join } from "node:path";

import type { Browser, Locator, Page } from "playwright-core";

export const VIEWPORT = { width: 1366, height: 768 };

export interface Person {
  username: string;
  password: string;
}

export const id = (page: Page, testid: string): Locator => page.locator(`[data-testid="${testid}"]`);

export interface PageOptions {
  /** Accepts certificates of anybody; false where the trust is what is shown. */
  trust_everything?: boolean;
  /**
   * Her voice goes out as her microphone gives it. Otherwise Chromium suppresses noise and echo, which costs a
   * third of the likeness, and more on a busy machine or when it has just begun anew: where the way of the sound is
   * what is measured, that would be all one sees.
   */
  plain_voice?: boolean;
}

/** A page of one person, alone with her cookies. Faults of the page's own programs are collected. */
export async function openPage(browser: Browser, options: PageOptions = {}): Promise<{ page: Page; faults: string[] }> {
  const { trust_everything = true, plain_voice = false } = options;
  const context = await browser.newContext({
    viewport: VIEWPORT,
    locale: "zh-CN",
    timezoneId: "Asia/Shanghai",
    permissions: ["microphone"],
    ignoreHTTPSErrors: trust_everything,
  });
  // tsx gives named functions a helper that a page does not have.
  await context.addInitScript({ content: "globalThis.__name = (named) => named;" });
  if (plain_voice) await context.addInitScript(leaveVoiceAlone);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  return { page, faults };
}

/** Runs in the page, before its own programs. */
function leaveVoiceAlone(): void {
  const devices = navigator.mediaDevices;
  const ask = devices.getUserMedia.bind(devices);
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  devices.getUserMedia = (constraints) => {
    const audio = typeof constraints?.audio === "object" ? { ...constraints.audio, ...plain } : plain;
    return ask({ ...constraints, audio });
  };
}

/** Signs in at `/` and waits for the page she is led to, or for the given one. */
export async function signIn(page: Page, base: string, person: Person, path?: string): Promise<void> {
  await page.goto(path === undefined ? `${base}/` : `${base}/?next=${encodeURIComponent(path)}`);
  await id(page, "sign-in-username").fill(person.username);
  await id(page, "sign-in-password").fill(person.password);
  await id(page, "sign-in-submit").click();
  await id(page, "business-time").waitFor({ timeout: 15_000 });
}

/** Chooses from an Element Plus select by the label shown to people. */
export async function choose(page: Page, testid: string, label: string): Promise<void> {
  await id(page, testid).click();
  await page.keyboard.type(label);
  await page.locator(".el-select-dropdown__item:visible", { hasText: label }).first().click();
}

/** Keeps a picture of the page for the documentation, when `HOTLINE_PICTURES` names a folder (`make screenshots`). */
export async function picture(page: Page, name: string): Promise<void> {
  const folder = process.env.HOTLINE_PICTURES;
  if (folder === undefined) return;
  // Dialogs fade in.
  await page.waitForTimeout(400);
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
