/**
 * The socket JsSIP speaks through. Each connection asks for a new address, because a token opens one
 * connection only; JsSIP then recovers and registers again by itself, and calls survive. A connection that has died
 * silently is found out by a ping (RFC 5626 section 3.5.1) and given up.
 */

import type { Socket } from "jssip";

const PING = "\r\n\r\n";
const PONG = "\r\n";
const PING_EVERY_MS = 5_000;
const PONG_LIMIT_MS = 2_500;
/** TCP repeats its first packet after 1 s and 3 s: a connection that does not come up is tried anew before it waits longer. */
const CONNECT_LIMIT_MS = 3_000;

export class TokenSocket implements Socket {
  via_transport: string;
  private socket: WebSocket | null = null;
  private generation = 0;
  private retired = false;
  private beat: ReturnType<typeof setInterval> | undefined;
  /** Those who wait for the next pong. */
  private waiting: ((alive: boolean) => void)[] = [];

  constructor(
    readonly url: string,
    private readonly nextAddress: () => Promise<string>,
  ) {
    this.via_transport = url.startsWith("wss:") ? "WSS" : "WS";
  }

  get sip_uri(): string {
    return `sip:${new URL(this.url).host};transport=ws`;
  }

  // JsSIP puts its own functions here.
  onconnect(): void {
    return;
  }
  ondisconnect(_error: boolean, _code?: number, _reason?: string): void {
    return;
  }
  ondata(_event: unknown): void {
    return;
  }

  /** No connection is opened any more: JsSIP may still have a reconnection planned when it is stopped. */
  retire(): void {
    this.retired = true;
    clearInterval(this.beat);
  }

  /** Whether the gateway answers at this moment; a connection that does not is given up. */
  async alive(): Promise<boolean> {
    const socket = this.socket;
    if (socket === null || !this.isConnected()) return false;
    const answered = await new Promise<boolean>((done) => {
      const limit = setTimeout(() => {
        done(false);
      }, PONG_LIMIT_MS);
      this.waiting.push((alive) => {
        clearTimeout(limit);
        done(alive);
      });
      socket.send(PING);
    });
    if (!answered && this.socket === socket) this.giveUp(socket, "no answer to a ping");
    return answered && this.socket === socket;
  }

  private giveUp(socket: WebSocket, why: string): void {
    this.socket = null;
    this.tellWaiting(false);
    socket.close();
    this.ondisconnect(true, 0, why);
  }

  private tellWaiting(alive: boolean): void {
    for (const tell of this.waiting.splice(0)) tell(alive);
  }

  connect(): void {
    if (this.retired) return;
    this.generation += 1;
    void this.open(this.generation);
  }

  private async open(generation: number): Promise<void> {
    let address: string;
    try {
      address = await this.nextAddress();
    } catch {
      if (generation === this.generation) this.ondisconnect(true, 0, "no token");
      return;
    }
    if (generation !== this.generation) return;
    const socket = new WebSocket(address, "sip");
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    clearInterval(this.beat);
    const limit = setTimeout(() => {
      if (this.socket === socket) this.giveUp(socket, "no connection");
    }, CONNECT_LIMIT_MS);
    socket.onopen = () => {
      clearTimeout(limit);
      this.beat = setInterval(() => void this.alive(), PING_EVERY_MS);
      this.onconnect();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      if (event.data === PONG) this.tellWaiting(true);
      else this.ondata(event.data);
    };
    socket.onclose = (event) => {
      clearTimeout(limit);
      if (this.socket !== socket) return;
      this.socket = null;
      this.tellWaiting(false);
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
  }

  disconnect(): void {
    this.generation += 1;
    clearInterval(this.beat);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  send(message: string | ArrayBufferLike | Blob | ArrayBufferView): boolean {
    if (!this.isConnected()) return false;
    this.socket?.send(message as string);
    return true;
  }

  isConnected(): boolean {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  isConnecting(): boolean {
    return this.socket?.readyState === WebSocket.CONNECTING;
  }
}
