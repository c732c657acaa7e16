/**
 * The one live connection of a page. Resumes from the last number it has seen; when that is too old, or at
 * the first connection, listeners of `resync` load by HTTP.
 */

import { defineStore } from "pinia";
import { ref } from "vue";

import type { LiveMessage } from "@/shared/api.types";
import { setBusinessNow, setWallNow } from "@/shared/clock";
import { BASE } from "@/shared/http";

const RETRY_MS = [500, 1_000, 2_000, 4_000, 8_000];
const PING_EVERY_MS = 15_000;
/** A server that has answered a ping before and is silent for so long is gone. */
const SILENCE_MS = 40_000;

type Listener = (data: unknown, message: LiveMessage) => void;

export type LiveStatus = "idle" | "connecting" | "open" | "lost";

export function liveAddress(after: number | null): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  const query = after === null ? "" : `?after=${String(after)}`;
  return `${scheme}//${location.host}${BASE}/live${query}`;
}

export const useLive = defineStore("live", () => {
  const status = ref<LiveStatus>("idle");
  const last_number = ref<number | null>(null);
  const listeners = new Map<string, Set<Listener>>();
  let socket: WebSocket | null = null;
  let attempts = 0;
  let current_from = 0;
  let heard_at_ms = 0;
  let pongs = false;
  let retry: ReturnType<typeof setTimeout> | undefined;
  let pinger: ReturnType<typeof setInterval> | undefined;

  function tell(topic: string, message: LiveMessage): void {
    for (const listener of [...(listeners.get(topic) ?? [])]) listener(message.data, message);
  }

  /** Calls `listener` for each message of `topic`; gives back what ends that. */
  function on(topic: string, listener: Listener): () => void {
    const set = listeners.get(topic) ?? new Set<Listener>();
    set.add(listener);
    listeners.set(topic, set);
    return () => set.delete(listener);
  }

  function greet(message: LiveMessage): void {
    const data = message.data as { business_now?: string };
    setWallNow(message.at);
    if (data.business_now !== undefined) setBusinessNow(data.business_now);
    // The server was set up anew: its numbers start again, ours mean nothing.
    const restarted = last_number.value !== null && message.number < last_number.value;
    if (last_number.value === null || restarted) {
      last_number.value = message.number;
      if (restarted) tell("resync", message);
    }
    current_from = message.number;
  }

  function receive(text: string): void {
    heard_at_ms = Date.now();
    const message = JSON.parse(text) as LiveMessage;
    if (message.topic === "pong") {
      pongs = true;
      return;
    }
    if (message.topic === "hello") {
      greet(message);
    } else if (message.topic === "resync") {
      last_number.value = Math.max(message.number, current_from);
    } else {
      if (last_number.value !== null && message.number <= last_number.value) return;
      last_number.value = message.number;
      if (message.number > current_from) setWallNow(message.at);
    }
    tell(message.topic, message);
  }

  function beat(): void {
    if (socket?.readyState !== WebSocket.OPEN) return;
    if (pongs && Date.now() - heard_at_ms > SILENCE_MS) socket.close();
    else socket.send(JSON.stringify({ topic: "ping" }));
  }

  function lost(): void {
    clearInterval(pinger);
    if (status.value === "idle") return;
    status.value = "lost";
    const wait_ms = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? 8_000;
    attempts += 1;
    retry = setTimeout(open, wait_ms);
  }

  function open(): void {
    if (status.value !== "lost") status.value = "connecting";
    const next = new WebSocket(liveAddress(last_number.value));
    socket = next;
    next.onopen = () => {
      attempts = 0;
      heard_at_ms = Date.now();
      status.value = "open";
      pinger = setInterval(beat, PING_EVERY_MS);
    };
    next.onmessage = (event: MessageEvent<string>) => {
      receive(event.data);
    };
    next.onclose = lost;
  }

  function connect(): void {
    if (status.value === "idle") open();
  }

  function disconnect(): void {
    status.value = "idle";
    clearTimeout(retry);
    clearInterval(pinger);
    socket?.close();
    socket = null;
  }

  return { status, last_number, on, connect, disconnect };
});
