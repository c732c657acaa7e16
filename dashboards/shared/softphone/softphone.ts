/**
 * The softphone of this page: microphone, token, registration, the call in hand. One page of a person has
 * it at a time; taking it over is always asked for.
 */

import { defineStore } from "pinia";
import { ref, shallowRef } from "vue";

import { api } from "@/shared/api";
import type { SoftphoneToken } from "@/shared/api.types";
import { asProblem } from "@/shared/problem";
import type { Line, LineCall } from "@/shared/softphone/line";
import {
  closeMicrophone,
  MicrophoneError,
  type MicrophoneFault,
  openMicrophone,
} from "@/shared/softphone/microphone";
import { type Former, forget, remember } from "@/shared/softphone/tab";

export type Phase =
  | "idle"
  | "microphone"
  | "connecting"
  | "registered"
  | "lost"
  | "in_use"
  | "taken_over"
  | "failed";

export type Fault =
  | { kind: "microphone"; fault: MicrophoneFault }
  /** No answer from the gateway in time. */
  | { kind: "unreachable" }
  /** The gateway refused. */
  | { kind: "registration" }
  | { kind: "server"; detail: string };

/** The gateway closes the connection so when another page has been given the softphone. */
const CLOSED_TAKEN_OVER = 4_410;
/** For so long another page may merely be our own dead connection that the gateway still holds. */
const IN_USE_PATIENCE_MS = 20_000;
const REGISTER_LIMIT_MS = 15_000;
/** Of one request for a new token: the connection may have died with the line, and the next try opens another one. */
const RENEW_LIMIT_MS = 2_000;

export function addressOf(token: SoftphoneToken): string {
  const url = location.protocol === "https:" ? token.wss_url : token.ws_url;
  if (url.includes("token=")) return url;
  return `${url}${url.includes("?") ? "&" : "?"}token=${encodeURIComponent(token.token)}`;
}

export const useSoftphone = defineStore("softphone", () => {
  const phase = ref<Phase>("idle");
  const fault = ref<Fault | null>(null);
  const microphone = shallowRef<MediaStream | null>(null);
  const sound = shallowRef<MediaStream | null>(null);
  const call = ref<LineCall | null>(null);
  let line: Line | null = null;
  let domain = "";
  /** This page's own, the same over all its connections. */
  let device: string | null = null;
  /** Its headset was proved; a registration that is renewed, or made again after a cut, takes nothing from that. */
  let proved = false;
  let refused_since_ms: number | null = null;

  function end(next: Phase, why: Fault | null): void {
    line?.stop();
    line = null;
    closeMicrophone(microphone.value);
    microphone.value = null;
    sound.value = null;
    call.value = null;
    fault.value = why;
    phase.value = next;
  }

  async function takeMicrophone(): Promise<MediaStream> {
    const stream = await openMicrophone();
    for (const track of stream.getAudioTracks()) {
      track.addEventListener("ended", () => {
        // A call in hand goes on, she may plug in again; without one the page must not look ready.
        if (call.value === null) end("failed", { kind: "microphone", fault: "lost" });
      });
    }
    return stream;
  }

  /** A new address for a connection that was lost; notices that another page has taken over. */
  async function renew(): Promise<string> {
    try {
      const wish = { take_over: false, ...(device === null ? {} : { device }) };
      const address = addressOf(await api.softphoneToken(wish, RENEW_LIMIT_MS));
      refused_since_ms = null;
      return address;
    } catch (thrown) {
      if (asProblem(thrown).code === "softphone_in_use") {
        refused_since_ms ??= Date.now();
        if (Date.now() - refused_since_ms > IN_USE_PATIENCE_MS) end("taken_over", null);
      }
      throw thrown;
    }
  }

  async function register(token: SoftphoneToken, was_proved: boolean): Promise<void> {
    const { openLine } = await import("@/shared/softphone/line");
    let first: string | null = addressOf(token);
    domain = token.domain;
    device = token.device;
    proved = was_proved;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(() => {
        end("failed", { kind: "unreachable" });
        resolve();
      }, REGISTER_LIMIT_MS);
      const settle = (): void => {
        clearTimeout(limit);
        resolve();
      };
      line = openLine({
        aor: token.aor,
        url: addressOf(token),
        microphone: () => microphone.value,
        nextAddress: async () => {
          const address = first ?? (await renew());
          first = null;
          return address;
        },
        events: {
          registered: () => {
            phase.value = "registered";
            remember({ device: token.device, proved });
            settle();
          },
          lost: (close_code) => {
            if (close_code === CLOSED_TAKEN_OVER) end("taken_over", null);
            else if (phase.value === "registered") phase.value = "lost";
          },
          refused: () => {
            if (phase.value !== "connecting") return;
            settle();
            end("failed", { kind: "registration" });
          },
          call: (now) => (call.value = now),
          sound: (stream) => (sound.value = stream),
        },
      });
    });
  }

  /**
   * Opens microphone and line. Afterwards `phase` says how it went. `former` is the softphone that this tab had before
   * it was loaded again.
   */
  async function start(take_over = false, former: Former | null = null): Promise<void> {
    if (line !== null) end("idle", null);
    fault.value = null;
    refused_since_ms = null;
    try {
      phase.value = "microphone";
      microphone.value = await takeMicrophone();
      phase.value = "connecting";
      const replaces = former === null ? {} : { replaces: former.device };
      await register(await api.softphoneToken({ take_over, ...replaces }), former?.proved === true);
    } catch (thrown) {
      if (thrown instanceof MicrophoneError) {
        end("failed", { kind: "microphone", fault: thrown.fault });
        return;
      }
      const problem = asProblem(thrown);
      if (problem.code === "softphone_in_use") end("in_use", null);
      else end("failed", { kind: "server", detail: problem.detail });
    }
  }

  return {
    phase,
    fault,
    microphone,
    sound,
    call,
    start,
    stop: () => {
      forget();
      end("idle", null);
    },
    /** The headset was proved on this device: a page loaded again need not ask her to speak. */
    noteProved: () => {
      proved = true;
      if (device !== null) remember({ device, proved });
    },
    checkLine: () => line?.dialQuietly(`sip:line-check@${domain}`),
    checkHeadset: () => line?.dial(`sip:headset-check@${domain}`),
    answer: () => line?.answer(),
    hangUp: () => line?.hangUp(),
  };
});
