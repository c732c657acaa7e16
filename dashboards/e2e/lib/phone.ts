/** The citizen's telephone: `hotline-phone` as a process, and what it says about the call at its end. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join } from "node:path";

import { BIN, ROOT, end } from "./system.ts";

export interface CallReport {
  outcome: "answered" | "rejected" | "cancelled" | "failed";
  from: string;
  status: number;
  ended_by: string;
  wait_ms: number | null;
  talk_ms: number | null;
  /** The wall clock at zero of `timings_ms`. */
  zero_unix_ms: number;
  timings_ms: Record<string, number | null>;
  packets: { sent: number; received: number; lost: number };
}

export class CitizenPhone {
  private output = "";
  /** What it told on stderr while it ran. */
  progress = "";

  private static readonly running = new Set<CitizenPhone>();

  private constructor(
    private readonly child: ChildProcess,
    private readonly ended: Promise<void>,
  ) {
    child.stdout?.on("data", (part: Buffer) => (this.output += part.toString()));
    child.stderr?.on("data", (part: Buffer) => (this.progress += part.toString()));
  }

  static start(args: string[]): CitizenPhone {
    const child = spawn(join(BIN, "hotline-phone"), args, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    const ended = new Promise<void>((done) => child.once("close", () => done()));
    const phone = new CitizenPhone(child, ended);
    CitizenPhone.running.add(phone);
    void ended.then(() => CitizenPhone.running.delete(phone));
    return phone;
  }

  /** Ends the phones that a failed scenario has left. */
  static async stopAll(): Promise<void> {
    await Promise.all([...CitizenPhone.running].map((phone) => phone.stop()));
  }

  /** Calls the hotline and speaks. */
  static call(sip: string, from: string, say: string, hear: string, more: string[] = []): CitizenPhone {
    return CitizenPhone.start(["call", `sip:12345@${sip}`, "--from", from, "--say", say, "--hear", hear, ...more]);
  }

  /** Waits behind the outbound trunk for one call and speaks when it has answered. */
  static listen(port: number, say: string, hear: string): CitizenPhone {
    const args = ["--bind", `127.0.0.1:${port}`, "--answer-after-ms", "500", "--say", say, "--say-repeat", "--hear", hear, "--calls", "1"];
    return CitizenPhone.start(["listen", ...args]);
  }

  /** Every report, once it has ended. */
  async reports<T = CallReport>(): Promise<T[]> {
    await this.ended;
    return this.output
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as T);
  }

  /** Its report, once the call is over. */
  async report(): Promise<CallReport> {
    await this.ended;
    const line = this.output.trim().split("\n").at(-1) ?? "";
    try {
      return JSON.parse(line) as CallReport;
    } catch {
      throw new Error(`hotline-phone reported nothing: ${this.progress}`);
    }
  }

  /** Hangs up, and does not wait for the end. */
  hangUp(): void {
    this.child.kill("SIGINT");
  }

  async stop(): Promise<void> {
    await end(this.child, "SIGINT");
    await this.ended;
  }
}

export interface Correlation {
  peak: number;
  lag_ms: number;
  rms_dbfs: number;
}

/** How much of `reference` is found in `heard`. */
export function correlate(reference: string, heard: string, channel = 0): Correlation {
  const text = execFileSync(join(BIN, "correlate"), [reference, heard, "--channel", String(channel)], { cwd: ROOT });
  return JSON.parse(text.toString()) as Correlation;
}
