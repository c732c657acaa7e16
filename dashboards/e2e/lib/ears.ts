/** Records what a page's person hears: the sound bound to the page's audio element. */

import type { Page } from "playwright-core";

import { type Sound, writeWav } from "./wav.ts";

interface InPageEars {
  on: boolean;
  rate_hz: number;
  parts: Float32Array[];
}

declare global {
  var hotlineEars: InPageEars | undefined;
}

/** Must be called before the page is opened: it watches every stream given to an audio element. */
export async function giveEars(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const ears: InPageEars = { on: false, rate_hz: 0, parts: [] };
    globalThis.hotlineEars = ears;
    const place = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
    if (!place?.set) return;
    let context: AudioContext | null = null;
    const listen = (stream: MediaStream): void => {
      void context?.close();
      context = new AudioContext();
      ears.rate_hz = context.sampleRate;
      const tap = context.createScriptProcessor(4096, 1, 1);
      tap.onaudioprocess = (event) => {
        if (ears.on) ears.parts.push(event.inputBuffer.getChannelData(0).slice());
      };
      context.createMediaStreamSource(stream).connect(tap);
      tap.connect(context.destination);
    };
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
      ...place,
      set(this: HTMLMediaElement, value: unknown) {
        place.set?.call(this, value);
        if (value instanceof MediaStream) listen(value);
      },
    });
  });
}

/** From now on, what she hears is kept. */
export async function listen(page: Page): Promise<void> {
  await page.evaluate(() => {
    if (globalThis.hotlineEars === undefined) throw new Error("giveEars was not called before the page opened");
    globalThis.hotlineEars.parts = [];
    globalThis.hotlineEars.on = true;
  });
}

/** Gives back what was heard since `listen`, and writes it to `path` if one is named. */
export async function heard(page: Page, path?: string): Promise<Sound> {
  const { rate_hz, base64 } = await page.evaluate(() => {
    const ears = globalThis.hotlineEars;
    if (ears === undefined) throw new Error("giveEars was not called before the page opened");
    ears.on = false;
    const samples = ears.parts.flatMap((part) => [...part]);
    const bytes = new Uint8Array(samples.length * 2);
    const view = new DataView(bytes.buffer);
    samples.forEach((sample, index) => {
      view.setInt16(index * 2, Math.max(-1, Math.min(1, sample)) * 32_767, true);
    });
    let text = "";
    for (let at = 0; at < bytes.length; at += 8_192) {
      text += String.fromCharCode(...bytes.subarray(at, at + 8_192));
    }
    return { rate_hz: ears.rate_hz, base64: btoa(text) };
  });
  const bytes = Buffer.from(base64, "base64");
  const samples = new Int16Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.length / 2)).slice();
  const sound = { rate_hz, samples };
  if (path !== undefined) writeWav(path, sound);
  return sound;
}
