/** Sound files of the browser tests: 16-bit mono WAV, written, read and measured. */

import { readFileSync, writeFileSync } from "node:fs";

const HEADER_BYTES = 44;
const FULL_SCALE = 32_768;

export interface Sound {
  rate_hz: number;
  /** Mono samples, -32768..32767. */
  samples: Int16Array;
}

export function writeWav(path: string, sound: Sound): void {
  const data_bytes = sound.samples.length * 2;
  const file = Buffer.alloc(HEADER_BYTES + data_bytes);
  file.write("RIFF", 0);
  file.writeUInt32LE(36 + data_bytes, 4);
  file.write("WAVEfmt ", 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sound.rate_hz, 24);
  file.writeUInt32LE(sound.rate_hz * 2, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36);
  file.writeUInt32LE(data_bytes, 40);
  sound.samples.forEach((sample, index) => file.writeInt16LE(sample, HEADER_BYTES + index * 2));
  writeFileSync(path, file);
}

/** Reads one channel of 16-bit PCM. */
export function readWav(path: string, channel = 0): Sound {
  const file = readFileSync(path);
  if (file.toString("latin1", 0, 4) !== "RIFF") throw new Error(`${path} is not a WAV file`);
  let at = 12;
  let channels = 1;
  let rate_hz = 0;
  while (at + 8 <= file.length) {
    const name = file.toString("latin1", at, at + 4);
    const length = file.readUInt32LE(at + 4);
    if (name === "fmt ") {
      channels = file.readUInt16LE(at + 10);
      rate_hz = file.readUInt32LE(at + 12);
      if (file.readUInt16LE(at + 22) !== 16) throw new Error(`${path}: only 16-bit PCM is read`);
    }
    if (name === "data") {
      const frames = Math.floor(Math.min(length, file.length - at - 8) / (2 * channels));
      const samples = Int16Array.from({ length: frames }, (_, i) => file.readInt16LE(at + 8 + (i * channels + channel) * 2));
      return { rate_hz, samples };
    }
    at += 8 + length + (length % 2);
  }
  throw new Error(`${path} has no sound in it`);
}

/** A pure tone, for a microphone whose sound one must recognise at the other end. */
export function tone(hz: number, seconds: number, rate_hz = 48_000, level = 0.5): Sound {
  const samples = Int16Array.from({ length: Math.round(seconds * rate_hz) }, (_, i) =>
    Math.round(level * (FULL_SCALE - 1) * Math.sin((2 * Math.PI * hz * i) / rate_hz)),
  );
  return { rate_hz, samples };
}

/** Loudness in decibels below full scale; -120 for silence. */
export function rmsDbfs(sound: Sound): number {
  let sum = 0;
  for (const sample of sound.samples) sum += (sample / FULL_SCALE) ** 2;
  return 10 * Math.log10(sum / Math.max(1, sound.samples.length) + 1e-12);
}

export function slice(sound: Sound, from_s: number, to_s: number): Sound {
  const at = (seconds: number): number => Math.round(seconds * sound.rate_hz);
  return { rate_hz: sound.rate_hz, samples: sound.samples.slice(at(from_s), at(to_s)) };
}

/** Share of the sound's energy at one frequency, 0..1 (Goertzel). A clean tone is above 0.9. */
export function toneShare(sound: Sound, hz: number): number {
  const count = sound.samples.length;
  const turn = 2 * Math.cos((2 * Math.PI * hz) / sound.rate_hz);
  let one = 0;
  let two = 0;
  let energy = 0;
  for (const sample of sound.samples) {
    const next = sample + turn * one - two;
    two = one;
    one = next;
    energy += sample * sample;
  }
  const power = one * one + two * two - turn * one * two;
  return energy === 0 ? 0 : Math.min(1, (2 * power) / (count * energy));
}

/** The largest share of `hz` in any window of the sound: whether the tone was heard at some time. */
export function loudestToneShare(sound: Sound, hz: number, window_s = 0.5): number {
  const total_s = sound.samples.length / sound.rate_hz;
  let best = 0;
  for (let from = 0; from + window_s <= total_s; from += window_s / 2) {
    const part = slice(sound, from, from + window_s);
    if (rmsDbfs(part) > -50) best = Math.max(best, toneShare(part, hz));
  }
  return best;
}

/** Writes the last `length_ms` of a recording, without the last `before_end_ms`, beside it; gives the new file. */
export function part(heard: string, before_end_ms: number, length_ms: number): string {
  const { rate_hz, samples } = readWav(heard);
  const end = samples.length - Math.round((rate_hz * before_end_ms) / 1_000);
  const file = `${heard}.${before_end_ms}.wav`;
  writeWav(file, { rate_hz, samples: samples.slice(Math.max(0, end - Math.round((rate_hz * length_ms) / 1_000)), end) });
  return file;
}
