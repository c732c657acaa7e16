/**
 * The socket JsSIP speaks through. Each connection asks for a new address, because a token opens one
 * connection only; JsSIP then recovers and registers again by itself, and calls survive.
 */

import type { Socket } from "jssip";

export class TokenSocket implements Socket {
  via_transport: string;
  private socket: WebSocket | null = null;
  private generation = 0;
  private retired = false;

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
    socket.onopen = () => {
      this.onconnect();
    };
    socket.onmessage = (event: MessageEvent<unknown>) => {
      this.ondata(event.data);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      this.ondisconnect(!event.wasClean, event.code, event.reason);
    };
  }

  disconnect(): void {
    this.generation += 1;
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
