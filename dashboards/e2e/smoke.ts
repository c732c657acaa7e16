/**
 * One agent against a running system: signs in, proves the headset, goes Ready, and leaves pictures.
 * `HOTLINE_URL`, `HOTLINE_USERNAME`, `HOTLINE_SAMPLE_PASSWORD`, `HOTLINE_PICTURES` (a folder).
 */

import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { launch } from "./lib/browser.ts";
import { openPage, signIn } from "./lib/console.ts";
import { giveEars, heard, listen } from "./lib/ears.ts";
import { goReady, headsetCheck } from "./lib/softphone.ts";
import { loudestToneShare, rmsDbfs, tone, writeWav } from "./lib/wav.ts";

const MICROPHONE_HZ = 620;

const base = process.env.HOTLINE_URL ?? "http://localhost:12345";
const username = process.env.HOTLINE_USERNAME ?? "agent01";
const password = process.env.HOTLINE_SAMPLE_PASSWORD ?? "";
const pictures = process.env.HOTLINE_PICTURES ?? mkdtempSync(join(tmpdir(), "hotline-smoke-"));
mkdirSync(pictures, { recursive: true });

const microphone = join(pictures, "microphone.wav");
writeWav(microphone, tone(MICROPHONE_HZ, 4));
const browser = await launch({ microphone });
try {
  const { page, faults } = await openPage(browser);
  await giveEars(page);
  await signIn(page, base, { username, password }, "/agent");
  await listen(page);
  const outcome = await headsetCheck(page);
  const sound = await heard(page, join(pictures, "headset-check.wav"));
  await page.screenshot({ path: join(pictures, "agent-checked.png") });
  if (!outcome.proved) throw new Error(`the headset was not proved: ${outcome.text}`);
  await goReady(page);
  await page.screenshot({ path: join(pictures, "agent-ready.png") });
  console.log(
    JSON.stringify({
      proved: outcome.proved,
      microphone_level_max: outcome.level_max,
      heard_s: sound.samples.length / Math.max(1, sound.rate_hz),
      heard_dbfs: Math.round(rmsDbfs(sound)),
      own_voice_share: loudestToneShare(sound, MICROPHONE_HZ),
      faults,
      pictures,
    }),
  );
  if (faults.length > 0) process.exitCode = 1;
} finally {
  await browser.close();
}
