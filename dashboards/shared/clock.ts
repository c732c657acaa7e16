/**
 * The server's two times, as seen from this computer, which may be wrong: that of calls and states, and that
 * of the business (due times, midnight). They differ only where a test moves the second.
 */

import { onScopeDispose, ref, type Ref } from "vue";

let wall_offset_ms = 0;
let business_offset_ms = 0;

function offsetTo(at: string): number | null {
  const server_ms = Date.parse(at);
  return Number.isNaN(server_ms) ? null : server_ms - Date.now();
}

/** Takes the instant the server has just stamped on a message. */
export function setWallNow(at: string): void {
  wall_offset_ms = offsetTo(at) ?? wall_offset_ms;
}

/** Takes what the server has just named as its business time. */
export function setBusinessNow(at: string): void {
  business_offset_ms = offsetTo(at) ?? business_offset_ms;
}

/** Business time in milliseconds since the epoch. */
export function businessNow(): number {
  return Date.now() + business_offset_ms;
}

/** The server's clock in milliseconds since the epoch: by it calls ring and states begin. */
export function wallNow(): number {
  return Date.now() + wall_offset_ms;
}

function following(read: () => number, interval_ms: number): Ref<number> {
  const now = ref(read());
  const timer = setInterval(() => {
    now.value = read();
  }, interval_ms);
  onScopeDispose(() => {
    clearInterval(timer);
  });
  return now;
}

/** Business time for templates: due times and the header. */
export const useBusinessNow = (interval_ms = 1_000): Ref<number> => following(businessNow, interval_ms);

/** The server's clock for templates: ringing, talking, waiting. */
export const useWallNow = (interval_ms = 250): Ref<number> => following(wallNow, interval_ms);
