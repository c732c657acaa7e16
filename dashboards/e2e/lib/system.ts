/** The two programs under test, each a real process, on ports and data of their own. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createWriteStream, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const ROOT = resolve(import.meta.dirname, "../../..");
export const BIN = process.env.HOTLINE_TEST_BIN ?? join(ROOT, "target/e2e");
export const PASSWORD = "qingyuan-e2e-2026";

export type Store = "sqlite" | "postgres";

export interface SystemOptions {
  store: Store;
  /** Local time of Shanghai that business time shall show now, `2026-11-20T20:45:00`. */
  business_now?: string;
  /** The address that the gateway tells its peers; its own choice where none is given. */
  advertise?: string;
  /** More settings, as environment variables. */
  environment?: Record<string, string>;
}

interface Ports {
  http: number;
  https: number;
}

interface GatewayPorts {
  sip_udp: number;
  sip_tcp: number;
  sip_ws: number;
  sip_wss: number;
  webrtc: number;
  http: number;
}

/** Ends a process and waits for its end. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  child.kill(signal);
  const insist = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await ended;
  clearTimeout(insist);
}

export function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}

export async function until<T>(what: string, limit_ms: number, look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  const end_at = Date.now() + limit_ms;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end_at) throw new Error(`${what}: not within ${limit_ms} ms`);
    await pause(50);
  }
}

async function freePort(): Promise<number> {
  return new Promise((found, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => found(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

/** Seconds that business time must run ahead for `local` to be now. */
function offsetTo(local: string): number {
  return Math.round((Date.parse(`${local}+08:00`) - Date.now()) / 1_000);
}

export class System {
  ports: Ports = { http: 0, https: 0 };
  gateway_ports: GatewayPorts = { sip_udp: 0, sip_tcp: 0, sip_ws: 0, sip_wss: 0, webrtc: 0, http: 0 };
  /** Where calls to citizens go: a `hotline-phone listen` of the test. */
  outbound_port = 0;
  private server: ChildProcess | null = null;
  private gateway: ChildProcess | null = null;

  private constructor(
    readonly data: string,
    private readonly environment: Record<string, string>,
    private readonly database: string,
    private readonly advertise: string,
  ) {}

  /** Makes the sample county and starts both programs. */
  static async start(options: SystemOptions): Promise<System> {
    const data = mkdtempSync(join(process.env.HOTLINE_E2E_DATA ?? tmpdir(), "hotline-e2e-"));
    const database = options.store === "postgres" ? createDatabase() : "";
    const outbound_port = await freePort();
    const environment: Record<string, string> = {
      HOTLINE_DATA: data,
      HOTLINE_SAMPLE_PASSWORD: PASSWORD,
      HOTLINE__HTTP__PORT: "0",
      HOTLINE__HTTP__TLS_PORT: "0",
      // 0: the gateway's ports are read from its ports file.
      HOTLINE__SOFTPHONE__WS_PORT: "0",
      HOTLINE__SOFTPHONE__WSS_PORT: "0",
      HOTLINE__HTTP__PAGES_DIR: join(ROOT, "dashboards/dist"),
      HOTLINE__DATABASE__URL: database,
      ...options.environment,
    };
    if (options.business_now !== undefined) {
      environment.HOTLINE__TEST__BUSINESS_TIME_OFFSET_S = String(offsetTo(options.business_now));
    }
    const system = new System(data, environment, database, options.advertise ?? "");
    system.outbound_port = outbound_port;
    mkdirSync(join(data, "logs"), { recursive: true });
    execFileSync(join(BIN, "hotline"), ["init", "--sample"], { cwd: ROOT, env: system.env, stdio: "pipe" });
    try {
      await system.startServer();
      await system.startGateway();
    } catch (error) {
      await system.stop();
      throw error;
    }
    return system;
  }

  /** The environment of the programs, for commands beside them. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, ...this.environment };
  }

  get base(): string {
    return `http://localhost:${this.ports.http}`;
  }

  get sip(): string {
    return `127.0.0.1:${this.gateway_ports.sip_udp}`;
  }

  async startServer(): Promise<void> {
    rmSync(join(this.data, "ports.json"), { force: true });
    this.server = this.spawn("hotline", ["serve"], "server.log", {});
    this.ports = await this.portsFrom<Ports>("ports.json", this.server);
    // A restart takes the same ports: pages and gateway come back to them.
    this.environment.HOTLINE__HTTP__PORT = String(this.ports.http);
    this.environment.HOTLINE__HTTP__TLS_PORT = String(this.ports.https);
    await this.ready(`${this.base}/readyz`);
  }

  async startGateway(): Promise<void> {
    rmSync(join(this.data, "gateway-ports.json"), { force: true });
    const config = join(this.data, "gateway.toml");
    writeFileSync(config, gatewayConfig(this.ports.http, this.outbound_port, this.advertise));
    this.gateway = this.spawn("sip-gateway", ["--config", config], "gateway.log", {});
    this.gateway_ports = await this.portsFrom<GatewayPorts>("gateway-ports.json", this.gateway);
    // A restart takes the same ports here too: desk phones come back to them.
    for (const name of ["udp", "tcp", "ws", "wss"] as const) {
      this.environment[`HOTLINE__GATEWAY__SIP__${name.toUpperCase()}_PORT`] = String(this.gateway_ports[`sip_${name}`]);
    }
    await this.ready(`http://127.0.0.1:${this.gateway_ports.http}/readyz`);
  }

  /** Both programs by process id. */
  get pids(): { server: number; gateway: number } {
    return { server: this.server?.pid ?? 0, gateway: this.gateway?.pid ?? 0 };
  }

  /** kill -9, by process id. */
  async killServer(): Promise<void> {
    if (this.server !== null) await end(this.server, "SIGKILL");
  }

  /** kill -9, by process id. */
  async killGateway(): Promise<void> {
    if (this.gateway !== null) await end(this.gateway, "SIGKILL");
  }

  /** Asks the gateway to stop; resolves when it has, with its exit code and how long it took. */
  async drainGateway(limit_ms: number): Promise<{ code: number | null; took_ms: number }> {
    const { gateway } = this;
    if (gateway === null) throw new Error("there is no gateway");
    const asked_at = Date.now();
    gateway.kill("SIGTERM");
    await until("the gateway has ended", limit_ms, () => gateway.exitCode !== null || gateway.signalCode !== null || undefined);
    return { code: gateway.exitCode, took_ms: Date.now() - asked_at };
  }

  async stopGateway(): Promise<void> {
    if (this.gateway !== null) await end(this.gateway);
  }

  async stop(): Promise<void> {
    for (const child of [this.gateway, this.server]) if (child !== null) await end(child);
    if (this.database !== "") dropDatabase(this.database);
    if (process.env.HOTLINE_E2E_KEEP === undefined) rmSync(this.data, { recursive: true, force: true });
  }

  /** What PostgreSQL answers to one statement, as plain text. */
  sql(statement: string): string {
    const args = [this.database, "-q", "-t", "-A", "-v", "ON_ERROR_STOP=1", "-c", statement];
    return execFileSync("psql", args, { stdio: ["ignore", "pipe", "pipe"] }).toString().trim();
  }

  /** The last lines of both logs, for a failed test. */
  logs(): string {
    const tail = (name: string): string => {
      const path = join(this.data, "logs", name);
      return existsSync(path) ? `--- ${name}\n${readFileSync(path, "utf8").split("\n").slice(-40).join("\n")}` : "";
    };
    return `${tail("server.log")}\n${tail("gateway.log")}`;
  }

  private spawn(program: string, args: string[], log: string, more: Record<string, string>): ChildProcess {
    const child = spawn(join(BIN, program), args, {
      cwd: ROOT,
      env: { ...this.env, ...more },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const file = createWriteStream(join(this.data, "logs", log), { flags: "a" });
    child.stdout?.pipe(file, { end: false });
    child.stderr?.pipe(file, { end: false });
    return child;
  }

  private async portsFrom<T>(file: string, child: ChildProcess): Promise<T> {
    return until(`${file} written`, 60_000, () => {
      if (child.exitCode !== null) throw new Error(`the program ended\n${this.logs()}`);
      try {
        return JSON.parse(readFileSync(join(this.data, file), "utf8")) as T;
      } catch {
        return undefined;
      }
    });
  }

  private async ready(url: string): Promise<void> {
    await until(`200 of ${url}`, 30_000, async () => {
      try {
        return (await fetch(url)).status === 200 ? true : undefined;
      } catch {
        return undefined;
      }
    });
  }
}

function gatewayConfig(http: number, outbound: number, advertise: string): string {
  return `
[gateway]
server_url = "ws://127.0.0.1:${http}/api/v1/gateway-link"
bind = "0.0.0.0"
advertise = "${advertise}"
[gateway.http]
port = 0
[gateway.sip]
udp_port = 0
tcp_port = 0
ws_port = 0
wss_port = 0
[gateway.media]
webrtc_port = 0
prompts_dir = "${join(ROOT, "prompts")}"
[gateway.outbound]
address = "127.0.0.1:${outbound}"
`;
}

function psql(sql: string): void {
  const url = process.env.TEST_DATABASE_URL;
  if (url === undefined) throw new Error("TEST_DATABASE_URL must name a PostgreSQL for this scenario");
  execFileSync("psql", [url, "-q", "-v", "ON_ERROR_STOP=1", "-c", sql], { stdio: "pipe" });
}

function createDatabase(): string {
  const name = `e2e_${process.pid}_${Date.now()}`;
  psql(`create database ${name}`);
  const url = new URL(process.env.TEST_DATABASE_URL ?? "");
  url.pathname = `/${name}`;
  return url.toString();
}

function dropDatabase(url: string): void {
  psql(`drop database if exists ${new URL(url).pathname.slice(1)} with (force)`);
}
