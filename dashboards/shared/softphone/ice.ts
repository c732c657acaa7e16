/**
 * The way of the sound: when it breaks, because the network was away or the address has changed, the call asks for a new
 * one (ICE restart, RFC 8445 section 2.4) until it has it. The call itself goes on meanwhile.
 */

/** The browser may mend it by itself. */
const PATIENCE_MS = 1_000;
const AGAIN_MS = 3_000;
/** Signalling is away too: every second counts once it is back. */
const UNREACHED_MS = 1_000;

export interface Renegotiable {
  isEnded(): boolean;
  renegotiate(options: { useUpdate: boolean; rtcOfferConstraints: RTCOfferOptions }): boolean;
}

/**
 * Watches `connection` for as long as `session` lives. `reachable` says whether signalling is alive: an offer that is sent
 * into a dead connection would end the call.
 */
export function keepWay(session: Renegotiable, connection: RTCPeerConnection, reachable: () => Promise<boolean>): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const broken = (): boolean => ["disconnected", "failed"].includes(connection.iceConnectionState);

  async function restart(): Promise<void> {
    if (!broken() || session.isEnded()) return;
    const reached = await reachable();
    if (reached && broken() && !session.isEnded()) {
      session.renegotiate({ useUpdate: false, rtcOfferConstraints: { iceRestart: true } });
    }
    plan(reached ? AGAIN_MS : UNREACHED_MS);
  }
  function plan(after_ms: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void restart(), after_ms);
  }
  connection.addEventListener("iceconnectionstatechange", () => {
    clearTimeout(timer);
    if (broken()) plan(connection.iceConnectionState === "failed" ? 0 : PATIENCE_MS);
  });
}
