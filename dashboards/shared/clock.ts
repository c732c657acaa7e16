/**
 * The time of the business, which is the server's: this computer may be wrong, and a test may move it.
 * Owns the offset between the two; all countdowns read it.
 */

import { onScopeDispose, ref, type Ref } from "vue";

let offset_ms = 0;

/** Takes an instant the server has just named as "now". */
export function setServerNow(at: string, received_ms: number = Date.now()): void {
  const server_ms = Date.parse(at);
  if (!Number.isNaN(server_ms)) offset_ms = server_ms - received_ms;
}

/** Business time in milliseconds since the epoch. */
export function serverNow(): number {
  return Date.now() + offset_ms;
}

/** A value that follows business time, for templates. */
export function useNow(interval_ms = 250): Ref<number> {
  const now = ref(serverNow());
  const timer = setInterval(() => {
    now.value = serverNow();
  }, interval_ms);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  return now;
}
