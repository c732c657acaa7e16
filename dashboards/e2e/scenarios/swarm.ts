/**
 * Thirty callers, by SIPp and by phones of ours, on eight agents with desk phones: each call is answered or abandoned,
 * once. Then the caller's CANCEL against the agent's 200, two hundred times.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { check } from "../lib/checks.ts";
import {
  type AgentView,
  allCalls,
  type CallRow,
  endedCalls,
  issueDeskPhones,
  makeReady,
  type Recount,
} from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone } from "../lib/phone.ts";
import { pause, ROOT, type Store, System, until } from "../lib/system.ts";

const AGENTS = 8;
const OWN_CALLERS = 15;
const SIPP_CALLERS = 15;
const RACES = 200;

const agents = Array.from({ length: AGENTS }, (_, index) => `agent0${index + 1}`);

export async function swarm(store: Store): Promise<void> {
  const system = await System.start({
    store,
    environment: { HOTLINE__ACD__WRAP_UP_MS: "300", HOTLINE__ACD__REFUSED_PAUSE_MS: "1000" },
  });
  try {
    const passwords = await issueDeskPhones(system, agents);
    await thirtyCallers(system, passwords);
    await races(system, passwords);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await system.stop();
  }
}

async function thirtyCallers(system: System, passwords: string): Promise<void> {
  const phones = CitizenPhone.start([
    ...["agents", "--count", String(AGENTS), "--registrar", `sip:${system.sip}`, "--domain", "hotline.local"],
    ...["--password-file", passwords, "--headset-check", "--tone-hz", "500", "--answer-after-ms", "300..1500", "--seed", "7"],
  ]);
  const people = await Promise.all(agents.map((username) => Api.signIn(system.base, username)));
  await Promise.all(people.map(makeReady));
  const ours = CitizenPhone.start([
    ...["swarm", "--to", `sip:12345@${system.sip}`, "--callers", String(OWN_CALLERS), "--rate", "3", "--seed", "11"],
    ...["--patience-ms", "2500..20000", "--talk-ms", "2500..5000", "--tone-hz", "700", "--from-base", "13810000000"],
  ]);
  const sipp = startSipp(system);
  const reports = await ours.reports<CallReport & { summary?: boolean; failed: number }>();
  const summary = reports.find((report) => report.summary === true);
  check("our callers were answered or gave up", summary?.failed === 0, summary);
  check("SIPp's calls all ended as its script allows", (await sipp) === 0, await sipp);
  const rows = await settled(system, OWN_CALLERS + SIPP_CALLERS);
  const outcomes = { answered: count(rows, "answered"), abandoned: count(rows, "abandoned") };
  check("every call is answered or abandoned", outcomes.answered + outcomes.abandoned === rows.length, outcomes);
  check("both happened", outcomes.answered > 0 && outcomes.abandoned > 0, outcomes);
  const callers = new Set(rows.map((row) => row.caller));
  check("each call is there once", rows.length === 30 && callers.size === 30, { rows: rows.length, callers: callers.size });
  const told = reports.filter((report) => report.summary !== true);
  const differing = told.filter((report) => (report.status === 200) !== (rowOf(rows, report.from)?.outcome === "answered"));
  check("callers and records agree", told.length === OWN_CALLERS && differing.length === 0, differing);
  const board = await Api.signIn(system.base, "supervisor01");
  const recount = await board.get<Recount>("/supervisor/recount");
  check("live rates equal the recomputation", recount.equal, recount);
  const free = await freeAgents(people);
  check("no agent is left ringing, talking or in wrap-up", free === AGENTS, free);
  await phones.stop();
  const rings = await phones.reports<CallReport>();
  const answers = rings.filter((ring) => ring.outcome === "answered");
  check("the agents' phones answered as many", answers.length >= outcomes.answered, answers.length);
  const beside = rings.filter((ring) => ring.outcome === "cancelled");
  check("several rang at once where many were idle, and stopped when one answered", beside.length > 0, beside.length);
  await Promise.all(people.map((api) => api.post("/agent/me/sign_out", {})));
}

interface Race {
  offset_ms: number;
  agreed: boolean;
  caller: CallReport;
  agent: CallReport;
}

async function races(system: System, passwords: string): Promise<void> {
  const api = await Api.signIn(system.base, "agent01");
  const before = (await allCalls(await Api.signIn(system.base, "supervisor01"))).length;
  const game = CitizenPhone.start([
    ...["race", "--to", `sip:12345@${system.sip}`, "--user", "agent01", "--registrar", `sip:${system.sip}`],
    ...["--domain", "hotline.local", "--password-file", passwords, "--headset-check", "--times", String(RACES)],
  ]);
  await makeReady(api);
  const wrap_ups = new Set<string>();
  let over = false;
  const watch = (async () => {
    while (!over) {
      const { state } = await api.get<AgentView>("/agent/me");
      if (state.name === "wrap_up") wrap_ups.add(state.since);
      await pause(40);
    }
  })();
  const played = await game.reports<Race>();
  const rows = (await settled(system, before + RACES)).slice(0, RACES);
  over = true;
  await watch;
  check("two hundred races were run", played.length === RACES, played.length);
  const apart = played.filter((race) => !race.agreed);
  check("both phones agree in every race", apart.length === 0, apart.slice(0, 3));
  const wrong = played.filter((race) => (race.caller.status === 200) !== (rowOf(rows, race.caller.from)?.outcome === "answered"));
  check("the records say what the callers saw", wrong.length === 0, wrong.slice(0, 3));
  const answered = count(rows, "answered");
  check("races went both ways", answered > 0 && answered < RACES, { answered, abandoned: RACES - answered });
  check("wrap-up after answered calls alone", wrap_ups.size === answered, { wrap_ups: wrap_ups.size, answered });
  const state = await until("the agent is free", 10_000, async () => {
    const view = await api.get<AgentView>("/agent/me");
    return ["ready", "not_ready"].includes(view.state.name) ? view.state.name : undefined;
  });
  check("nobody is left ringing", state === "ready" || state === "not_ready", state);
  const recount = await (await Api.signIn(system.base, "supervisor01")).get<Recount>("/supervisor/recount");
  check("live rates equal the recomputation after the races", recount.equal, recount);
}

async function settled(system: System, calls: number): Promise<CallRow[]> {
  return endedCalls(await Api.signIn(system.base, "supervisor01"), calls);
}

function count(rows: CallRow[], outcome: string): number {
  return rows.filter((row) => row.outcome === outcome).length;
}

function rowOf(rows: CallRow[], caller: string): CallRow | undefined {
  return rows.find((row) => row.caller === caller);
}

/** How many agents have come to rest, within the longest wrap-up. */
async function freeAgents(people: Api[]): Promise<number> {
  return until("all agents at rest", 10_000, async () => {
    const views = await Promise.all(people.map((api) => api.get<AgentView>("/agent/me")));
    const free = views.filter((view) => ["ready", "not_ready"].includes(view.state.name)).length;
    return free === people.length ? free : undefined;
  });
}

/** SIPp's exit code: 0 where every call went as the script has it. */
async function startSipp(system: System): Promise<number | null> {
  const numbers = Array.from({ length: SIPP_CALLERS }, (_, index) => `138200000${String(index).padStart(2, "0")};`);
  const file = join(system.data, "callers.csv");
  writeFileSync(file, `SEQUENTIAL\n${numbers.join("\n")}\n`);
  const args = [
    ...[system.sip, "-sf", join(ROOT, "dashboards/e2e/sipp/caller_waits.xml"), "-inf", file, "-s", "12345"],
    ...["-m", String(SIPP_CALLERS), "-r", "3", "-i", "127.0.0.1", "-nostdin", "-timeout", "90", "-timeout_error"],
  ];
  const sipp: ChildProcess = spawn("sipp", args, { cwd: system.data, stdio: "ignore", env: { ...process.env, TERM: "dumb" } });
  return new Promise((done) => sipp.once("close", done));
}
