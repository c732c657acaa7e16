/**
 * An hour at five calls a second while one packet in a hundred is lost: memory stays flat after the tenth minute, and
 * nothing is left over at the end. Only when named: `make e2e SCENARIO=soak:sqlite` (`MINUTES=3` for a short look);
 * with `HOTLINE_TEST_BIN=target/release` it looks at released programs. A line per minute in `target/soak/minutes.jsonl`.
 */

import { execFile } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { check, skip } from "../lib/checks.ts";
import { addAgent, allCalls, issueDeskPhones, type Recount } from "../lib/desk-phones.ts";
import { PacketLoss } from "../lib/packet-loss.ts";
import { BIN, pause, ROOT, type Store, System, until } from "../lib/system.ts";

const MINUTES = Number(process.env.MINUTES ?? "60");
const CALLS_PER_MINUTE = 300;
const AGENTS = 120;
const LOST_ONE_IN = 100;
/** Warm by then: from here on memory must stay flat. */
const WARM_MINUTES = Math.min(10, MINUTES / 3);
const GROWTH_MAX = 1.05;
/** Timer B and its kin (32 s) and the rest of the ports (5 s) are over. */
const SETTLED_MS = 45_000;
/** Other ports than those of other gateways on this machine: only these lose packets. */
const RTP_PORTS = [30_000, 32_767];
const FOLDER = join(ROOT, "target/soak");

const agents = Array.from({ length: AGENTS }, (_, index) => `desk${String(index + 1).padStart(3, "0")}`);

interface Look {
  minute: number;
  server_kib: number;
  gateway_kib: number;
  server_files: number;
  gateway_files: number;
  gauges: Record<string, number>;
}

/** Everything of which there must be no more than before the load. */
const GAUGES = [
  "gateway_legs",
  "gateway_dialogs",
  "gateway_devices",
  "gateway_tasks",
  "gateway_events_kept",
  "gateway_sip_transactions_running",
  "gateway_sip_transactions_finished",
  "hotline_tasks",
  "hotline_calls_waiting",
  "hotline_calls_talking",
];

export async function soak(store: Store): Promise<void> {
  if (!PacketLoss.allowed()) return skip("an hour of calls with loss", "losing packets needs root");
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  const system = await System.start({
    store,
    environment: {
      HOTLINE__CALLS__DESK_PHONES_READY: "true",
      HOTLINE__ACD__WRAP_UP_MS: "1000",
      HOTLINE__GATEWAY__MEDIA__RTP_PORTS: `[${RTP_PORTS.join(",")}]`,
    },
  });
  try {
    for (const username of agents) addAgent(system, username);
    const phones = await issueDeskPhones(system, agents);
    await run(system, phones);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await system.stop();
  }
}

async function run(system: System, phones: string): Promise<void> {
  const loss = new PacketLoss([String(system.gateway_ports.sip_udp), RTP_PORTS.join("-")], LOST_ONE_IN);
  try {
    const load = startLoad(system, phones);
    await until("all phones are registered", 60_000, async () => ((await gauge(system, "gateway_devices")) === AGENTS ? true : undefined));
    await pause(2_000);
    const looks = [await look(system, 0)];
    const began = Date.now();
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      await pause(Math.max(0, began + minute * 60_000 - Date.now()));
      looks.push(await look(system, minute));
    }
    const report = await load;
    await pause(SETTLED_MS);
    looks.push(await look(system, MINUTES + 1));
    const lost = loss.lost();
    check("packets were lost all the while", lost > report.calls.calls, { lost, ...report.media });
    checkMemory(looks);
    await checkLeftOver(system, looks, report);
  } finally {
    loss.stop();
  }
}

interface LoadReport {
  calls: { calls: number; answered: number; gave_up: number; refused: number; silent: number; hung_up_on: number };
  media: { sent: number; received: number };
}

/** The generator says by its exit code that packets were lost, which is what is wanted here. */
function startLoad(system: System, phones: string): Promise<LoadReport> {
  const file = join(FOLDER, "soak.toml");
  const hour = readFileSync(join(ROOT, "loadtest/scenarios/soak.toml"), "utf8");
  writeFileSync(file, hour.replace(/^calls = \d+/m, `calls = ${MINUTES * CALLS_PER_MINUTE}`));
  const args = ["run", file, "--sip", system.sip, "--phones", phones];
  return new Promise((done, failed) => {
    execFile(join(BIN, "hotline-load"), args, { cwd: ROOT, maxBuffer: 1 << 24 }, (error, stdout, stderr) => {
      if (stdout.startsWith("{")) done(JSON.parse(stdout) as LoadReport);
      else failed(new Error(`hotline-load: ${error?.message ?? ""} ${stderr}`));
    });
  });
}

async function metrics(system: System): Promise<string> {
  const texts = [`http://127.0.0.1:${system.gateway_ports.http}/metrics`, `${system.base}/metrics`].map(async (url) => (await fetch(url)).text());
  return (await Promise.all(texts)).join("\n");
}

function valueIn(text: string, name: string): number {
  const line = text.split("\n").find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  return line === undefined ? Number.NaN : Number(line.slice(line.lastIndexOf(" ") + 1));
}

async function gauge(system: System, name: string): Promise<number> {
  return valueIn(await metrics(system), name);
}

async function look(system: System, minute: number): Promise<Look> {
  const text = await metrics(system);
  const { server, gateway } = system.pids;
  const one: Look = {
    minute,
    server_kib: ownKib(server),
    gateway_kib: ownKib(gateway),
    server_files: readdirSync(`/proc/${server}/fd`).length,
    gateway_files: readdirSync(`/proc/${gateway}/fd`).length,
    gauges: Object.fromEntries(GAUGES.map((name) => [name, valueIn(text, name)])),
  };
  appendFileSync(join(FOLDER, "minutes.jsonl"), `${JSON.stringify(one)}\n`);
  return one;
}

/**
 * KiB of memory that is the process's own. Not `Pss`: the pages of its program are shared with every other process that
 * runs the same file, and its share of them grows when one of those ends.
 */
function ownKib(pid: number): number {
  return Number(/^Pss_Anon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1] ?? Number.NaN);
}

/** The middle of the first five warm minutes beside the middle of the last five. */
function checkMemory(looks: readonly Look[]): void {
  const loaded = looks.filter((one) => one.minute >= WARM_MINUTES && one.minute <= MINUTES);
  for (const which of ["server_kib", "gateway_kib"] as const) {
    const sizes = loaded.map((one) => one[which]);
    const [warm, last] = [middle(sizes.slice(0, 5)), middle(sizes.slice(-5))];
    check(`memory is flat after minute ${WARM_MINUTES}: ${which}`, last / warm <= GROWTH_MAX, { warm, last, growth: last / warm });
  }
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

async function checkLeftOver(system: System, looks: readonly Look[], report: LoadReport): Promise<void> {
  const [before, after] = [looks[0] as Look, looks.at(-1) as Look];
  const left = GAUGES.filter((name) => !((after.gauges[name] as number) <= (before.gauges[name] as number)));
  const devices = after.gauges.gateway_devices === AGENTS;
  check("no leg, device, task or transaction is left over", left.length === 0 && devices, {
    before: before.gauges,
    after: after.gauges,
  });
  check("no port or file of the gateway is left open", after.gateway_files <= before.gateway_files, [before.gateway_files, after.gateway_files]);
  const unfinished = readdirSync(join(system.data, "recordings/unfinished"));
  check("no recording is left unfinished", unfinished.length === 0, unfinished);
  const ready = /hotline_agents\{state="ready"\} (\d+)/.exec(await metrics(system))?.[1];
  check("every agent is Ready", Number(ready) === AGENTS, ready);
  const { calls, answered: talked, refused, silent } = report.calls;
  check("no caller was refused or left without an answer", talked === calls && refused + silent === 0, report.calls);
  const supervisor = await Api.signIn(system.base, "supervisor01");
  const rows = await allCalls(supervisor);
  const answered = rows.filter((row) => row.outcome === "answered");
  check("every call is there once, and has ended", rows.length === calls && rows.every((row) => row.state === "ended"), {
    rows: rows.length,
    calls,
  });
  check("every answered call has its recording", answered.every((row) => row.recording !== null), answered.length);
  const recount = await supervisor.get<Recount>("/supervisor/recount");
  check("live rates equal the recomputation", recount.equal, recount);
}
