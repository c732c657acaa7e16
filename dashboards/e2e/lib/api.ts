/** The HTTP interface as a person uses it: signed in, with cookie and Origin. */

import { PASSWORD } from "./system.ts";

export class Api {
  private constructor(
    private readonly base: string,
    private readonly cookie: string,
  ) {}

  static async signIn(base: string, username: string, password = PASSWORD): Promise<Api> {
    const reply = await fetch(`${base}/api/v1/session`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: base },
      body: JSON.stringify({ username, password }),
    });
    if (!reply.ok) throw new Error(`${username} could not sign in: ${await reply.text()}`);
    return new Api(base, (reply.headers.get("set-cookie") ?? "").split(";")[0] ?? "");
  }

  async get<T>(path: string): Promise<T> {
    const { status, body } = await this.send("GET", path);
    if (status >= 300) throw new Error(`GET ${path}: ${status} ${JSON.stringify(body)}`);
    return body as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    const reply = await this.send("POST", path, body);
    if (reply.status >= 300) throw new Error(`POST ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body as T;
  }

  async send(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const reply = await fetch(`${this.base}/api/v1${path}`, {
      method,
      headers: { "content-type": "application/json", origin: this.base, cookie: this.cookie },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await reply.text();
    return { status: reply.status, body: text === "" ? null : JSON.parse(text) };
  }

  async download(path: string): Promise<Buffer> {
    const reply = await fetch(`${this.base}/api/v1${path}`, { headers: { cookie: this.cookie } });
    if (!reply.ok) throw new Error(`GET ${path}: ${reply.status}`);
    return Buffer.from(await reply.arrayBuffer());
  }
}

export interface WorkOrderView {
  id: string;
  order_no: string;
  version: number;
  state: string;
  allowed: string[];
  feedback: { status: { status: string; same_day?: boolean }; due_at: string } | null;
  feedback_means: string[];
  clocks: { clock: string; due_at: string }[];
  events: { kind: string; to: string }[];
}
