/** Chromium with a microphone that plays a file. One browser is one headset; contexts are people. */

import { existsSync } from "node:fs";

import { type Browser, chromium } from "playwright-core";

const PLACES = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

export interface BrowserOptions {
  /** A 16-bit WAV; it is repeated for ever. Without one the fake device beeps. */
  microphone?: string;
  headless?: boolean;
  /** A program that starts the browser elsewhere. */
  executable?: string;
  more_args?: string[];
}

/** The browser of the system, or the one named by `HOTLINE_CHROMIUM`. */
export function chromiumPath(): string {
  const named = process.env.HOTLINE_CHROMIUM;
  const found = [...(named === undefined ? [] : [named]), ...PLACES].find((path) => existsSync(path));
  if (found === undefined) throw new Error("no Chromium found: install it, or name it by HOTLINE_CHROMIUM");
  return found;
}

export async function launch(options: BrowserOptions = {}): Promise<Browser> {
  const { microphone, headless = true, executable = chromiumPath(), more_args = [] } = options;
  return chromium.launch({
    executablePath: executable,
    headless,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-background-networking",
      "--use-fake-ui-for-media-stream",
      "--use-fake-device-for-media-stream",
      "--autoplay-policy=no-user-gesture-required",
      ...(microphone === undefined ? [] : [`--use-file-for-fake-audio-capture=${microphone}`]),
      ...more_args,
    ],
  });
}
