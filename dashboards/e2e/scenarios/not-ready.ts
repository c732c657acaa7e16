/** Ready is refused where a call could not be taken, and the page says why: a silent microphone, no registration. */

import { join } from "node:path";

import type { Page } from "playwright-core";

import { launch } from "../lib/browser.ts";
import { check } from "../lib/checks.ts";
import { id, openPage, picture, signIn } from "../lib/console.ts";
import { type CheckOutcome, goReady, headsetCheck, waitForState } from "../lib/softphone.ts";
import { PASSWORD, ROOT, type Store, System } from "../lib/system.ts";
import { writeWav } from "../lib/wav.ts";

const RATE_HZ = 16_000;

export async function notReady(store: Store): Promise<void> {
  const system = await System.start({ store });
  try {
    await silentMicrophone(system);
    await secondTab(system);
    await withoutRegistration(system);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await system.stop();
  }
}

async function silentMicrophone(system: System): Promise<void> {
  const silence = join(system.data, "silence.wav");
  writeWav(silence, { rate_hz: RATE_HZ, samples: new Int16Array(RATE_HZ * 10) });
  await withAgent(system, silence, "agent01", async (page) => {
    const outcome = await headsetCheck(page);
    await picture(page, "agent-microphone-silent");
    refused("with a silent microphone", outcome, "静音");
    await readyIsRefused(page, "microphone_silent");
  });
}

/** The softphone lives in one tab; another asks before it takes over, and the first says what has happened. */
async function secondTab(system: System): Promise<void> {
  const voice = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
  await withAgent(system, voice, "agent02", async (first) => {
    await headsetCheck(first);
    await goReady(first);
    const second = await first.context().newPage();
    await second.goto(`${system.base}/agent`);
    await id(second, "headset-start").click();
    await id(second, "take-over-question").waitFor();
    await picture(second, "agent-take-over");
    await id(second, "take-over-no").click();
    await waitForState(first, "ready");
    check("a second tab that does not take over changes nothing", true);
    const outcome = await headsetCheck(second, { take_over: true });
    check("a second tab takes over when told to", outcome.proved, outcome);
    await id(first, "softphone-taken-over").waitFor();
    check("the first tab says that it was taken over", true, await id(first, "softphone-taken-over").textContent());
    await first.reload();
    const disabled = await id(first, "state-ready").isDisabled();
    check("the first tab cannot choose Ready without its phone", disabled, disabled);
  });
}

async function withoutRegistration(system: System): Promise<void> {
  await system.stopGateway();
  const voice = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
  await withAgent(system, voice, "agent03", async (page) => {
    const outcome = await headsetCheck(page);
    refused("without a registration", outcome, "连不上话机服务");
    await id(page, "agent-sign-in").click();
    await waitForState(page, "not_ready");
    await readyIsRefused(page, "no_registration");
  });
}

function refused(when: string, outcome: CheckOutcome, word: string): void {
  check(`${when} the headset check fails`, !outcome.proved, { level_max: outcome.level_max });
  check(`${when} the page says why`, outcome.text.includes(word), outcome.text);
}

/** By the button, and by the interface behind it. */
async function readyIsRefused(page: Page, code: string): Promise<void> {
  const disabled = await id(page, "state-ready").isDisabled();
  check("Ready cannot be chosen", disabled, disabled);
  const answer = await page.evaluate(async () => {
    const reply = await fetch("/api/v1/agent/me/ready", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{}",
    });
    return { status: reply.status, problem: (await reply.json()) as { code?: string; detail?: string } };
  });
  check("Ready is refused by the server", answer.status === 409 && answer.problem.code === code, answer);
}

async function withAgent(system: System, microphone: string, username: string, act: (page: Page) => Promise<void>): Promise<void> {
  const browser = await launch({ microphone });
  try {
    const { page } = await openPage(browser);
    await signIn(page, system.base, { username, password: PASSWORD });
    await act(page);
  } finally {
    await browser.close();
  }
}
