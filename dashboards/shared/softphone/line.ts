/**
 * JsSIP behind a narrow door: register, one call at a time, its sound. Must not know about work, states or
 * offers. Loaded when a softphone is really wanted.
 */

import JsSIP from "jssip";
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent, UA } from "jssip/lib/UA";
import type { RTCSession } from "jssip/lib/RTCSession";

import { keepWay } from "@/shared/softphone/ice";
import { TokenSocket } from "@/shared/softphone/token-socket";

const REGISTER_EXPIRES_S = 120;
/** A caller waits 25 s for an agent whose line was away: it is tried every second. */
const RECOVERY_S = 1;
const PC_CONFIG: RTCConfiguration = { iceServers: [] };

export type LineCall = {
  incoming: boolean;
  /** The user part of the other side's address. */
  remote: string;
  stage: "calling" | "ringing" | "talking";
};

export interface LineEvents {
  registered(): void;
  /** The connection is gone; the line reconnects by itself unless it is stopped now. */
  lost(close_code: number | undefined): void;
  refused(cause: string): void;
  call(call: LineCall | null): void;
  sound(stream: MediaStream | null): void;
}

export interface LineOptions {
  aor: string;
  url: string;
  nextAddress(): Promise<string>;
  microphone(): MediaStream | null;
  events: LineEvents;
}

export interface Line {
  dial(target: string): void;
  /** A call that nobody sees or hears; a call that comes in ends it. */
  dialQuietly(target: string): void;
  answer(): void;
  hangUp(): void;
  stop(): void;
}

class JsSipLine implements Line {
  private session: RTCSession | null = null;
  private quiet: RTCSession | null = null;
  private dialling_quietly = false;
  private readonly ua: UA;
  private readonly socket: TokenSocket;

  constructor(private readonly options: LineOptions) {
    const aor = options.aor.startsWith("sip:") ? options.aor : `sip:${options.aor}`;
    this.socket = new TokenSocket(options.url, () => options.nextAddress());
    this.ua = new JsSIP.UA({
      sockets: [this.socket],
      uri: aor,
      register: true,
      register_expires: REGISTER_EXPIRES_S,
      session_timers: false,
      connection_recovery_min_interval: RECOVERY_S,
      connection_recovery_max_interval: RECOVERY_S,
      user_agent: "hotline-page",
    });
    this.ua.on("registered", () => {
      options.events.registered();
    });
    this.ua.on("disconnected", (event) => {
      options.events.lost(event.code);
    });
    this.ua.on("registrationFailed", (event) => {
      options.events.refused(String(event.cause ?? ""));
    });
    this.ua.on("newRTCSession", (event: IncomingRTCSessionEvent | OutgoingRTCSessionEvent) => {
      if (this.dialling_quietly) this.takeQuietly(event.session);
      else this.take(event.session, String(event.originator) === "remote");
    });
    this.ua.start();
  }

  private takeQuietly(session: RTCSession): void {
    this.quiet = session;
    session.on("icecandidate", ({ ready }) => {
      ready();
    });
    const over = (): void => {
      if (this.quiet === session) this.quiet = null;
    };
    session.on("ended", over);
    session.on("failed", over);
  }

  private take(session: RTCSession, incoming: boolean): void {
    if (this.quiet !== null && !this.quiet.isEnded()) this.quiet.terminate();
    if (this.session !== null) {
      session.terminate({ status_code: 486 });
      return;
    }
    this.session = session;
    const remote = session.remote_identity.uri.user ?? "";
    const tell = (stage: LineCall["stage"]): void => {
      this.options.events.call({ incoming, remote, stage });
    };
    session.on("peerconnection", ({ peerconnection }) => {
      this.carry(session, peerconnection);
    });
    // All candidates are of this host: waiting for more only delays the answer.
    session.on("icecandidate", ({ ready }) => {
      ready();
    });
    session.on("confirmed", () => {
      tell("talking");
    });
    const over = (): void => {
      this.over(session);
    };
    session.on("ended", over);
    session.on("failed", over);
    // JsSIP has made the connection of an outgoing call before it announces the session.
    const made = session.connection as RTCPeerConnection | null | undefined;
    if (made) this.carry(session, made);
    tell(incoming ? "ringing" : "calling");
  }

  private carry(session: RTCSession, connection: RTCPeerConnection): void {
    keepWay(session, connection, () => this.socket.alive());
    connection.addEventListener("track", (event) => {
      this.options.events.sound(event.streams[0] ?? new MediaStream([event.track]));
    });
  }

  private over(session: RTCSession): void {
    if (this.session !== session) return;
    this.session = null;
    this.options.events.sound(null);
    this.options.events.call(null);
  }

  private media(): { mediaStream?: MediaStream; pcConfig: RTCConfiguration } {
    const stream = this.options.microphone();
    return stream === null ? { pcConfig: PC_CONFIG } : { mediaStream: stream, pcConfig: PC_CONFIG };
  }

  dial(target: string): void {
    this.ua.call(target, { ...this.media(), mediaConstraints: { audio: true, video: false } });
  }

  dialQuietly(target: string): void {
    if (this.session !== null || this.quiet !== null || !this.ua.isRegistered()) return;
    this.dialling_quietly = true;
    try {
      this.dial(target);
    } finally {
      this.dialling_quietly = false;
    }
  }

  answer(): void {
    this.session?.answer({ ...this.media(), mediaConstraints: { audio: true, video: false } });
  }

  hangUp(): void {
    if (this.session !== null && !this.session.isEnded()) this.session.terminate();
  }

  stop(): void {
    this.socket.retire();
    this.ua.stop();
    if (this.session !== null) this.over(this.session);
  }
}

export function openLine(options: LineOptions): Line {
  return new JsSipLine(options);
}
