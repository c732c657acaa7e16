/** Records what a page's person hears: the sound bound to the page's audio element. */

import type { Page } from "playwright-core";

import { type Sound, writeWav } from "./wav.ts";

interface InPageEars {
  on: boolean;
  rate_hz: number;
  parts: Float32Array[];
}

/** Ten seconds of parts of 10 ms. */
const QUEUE_LEN = 1_000;

const PATIENCE_MS = 500;

interface SoundPart {
  sampleRate: number;
  numberOfFrames: number;
  copyTo(to: Float32Array, options: { planeIndex: number; format: "f32-planar" }): void;
  close(): void;
}

declare global {
  /** Chromium has it; the typings do not. */
  var MediaStreamTrackProcessor: new (options: { track: MediaStreamTrack; maxBufferSize: number }) => {
    readable: ReadableStream<SoundPart>;
  };
  var hotlineEars: InPageEars | undefined;
}

/** Must be called before the page is opened: it watches every stream given to an audio element. */
export async function giveEars(page: Page): Promise<void> {
  await page.addInitScript(({ QUEUE_LEN, PATIENCE_MS }) => {
    const ears: InPageEars = { on: false, rate_hz: 0, parts: [] };
    globalThis.hotlineEars = ears;
    // On a busy machine Chromium stretches and squeezes speech to keep its delay small; one that may wait does not.
    const Connection = globalThis.RTCPeerConnection;
    globalThis.RTCPeerConnection = class extends Connection {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        this.addEventListener("track", ({ receiver }) => (receiver.jitterBufferTarget = PATIENCE_MS));
      }
    };
    const place = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, "srcObject");
    if (!place?.set) return;
    // Taken from the track itself, with a queue of its own: a page that is busy for a moment loses nothing.
    const listen = async (track: MediaStreamTrack): Promise<void> => {
      const sounds = new MediaStreamTrackProcessor({ track, maxBufferSize: QUEUE_LEN }).readable.getReader();
      for (;;) {
        const { done, value: sound } = await sounds.read();
        if (done) return;
        ears.rate_hz = sound.sampleRate;
        if (ears.on) {
          const part = new Float32Array(sound.numberOfFrames);
          sound.copyTo(part, { planeIndex: 0, format: "f32-planar" });
          ears.parts.push(part);
        }
        sound.close();
      }
    };
    Object.defineProperty(HTMLMediaElement.prototype, "srcObject", {
      ...place,
      set(this: HTMLMediaElement, value: unknown) {
        place.set?.call(this, value);
        const track = value instanceof MediaStream ? value.getAudioTracks()[0] : undefined;
        if (track !== undefined) void listen(track);
      },
    });
  }, { QUEUE_LEN, PATIENCE_MS });
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
