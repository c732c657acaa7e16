/**
 * S10: PostgreSQL is stopped, then stopped in the middle of its work, under calls. They are answered, recorded and ended
 * as ever; afterwards every event is in the tables once, and the rates of the tables are those of the journal.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { check } from "../lib/checks.ts";
import { Database } from "../lib/database.ts";
import { type AgentView, type CallRow, endedCalls, issueDeskPhones, makeReady, type Recount } from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone } from "../lib/phone.ts";
import { pause, type Store, System, until } from "../lib/system.ts";

const AGENTS = 4;
/** A call every so often: the agents are busy half of the time. */
const CALL_EVERY_S = 3;
/** Her number comes after those of the patient ones; she hangs up before the fastest phone answers (300 ms). */
const HASTY = 900_000;
const HASTY_MS = 150;
/** How soon the tables have what happened meanwhile. */
const CATCH_UP_MS = 60_000;

const agents = Array.from({ length: AGENTS }, (_, index) => `agent0${index + 1}`);

export async function databaseStopped(store: Store): Promise<void> {
  await stopped(store, 24, 12);
}

/** As long as `architecture.md` promises. */
export async function databaseStoppedTenMinutes(store: Store): Promise<void> {
  await stopped(store, 600, 60);
}

async function stopped(store: Store, ended_s: number, frozen_s: number): Promise<void> {
  const system = await System.start({ store, environment: { HOTLINE__ACD__WRAP_UP_MS: "500" } });
  const database = new Database();
  let away: "ended" | "frozen" | null = null;
  try {
    const passwords = await issueDeskPhones(system, agents);
    const phones = CitizenPhone.start([
      ...["agents", "--count", String(AGENTS), "--registrar", `sip:${system.sip}`, "--domain", "hotline.local"],
      ...["--password-file", passwords, "--headset-check", "--tone-hz", "500", "--answer-after-ms", "300..1500", "--seed", "7"],
    ]);
    const people = await Promise.all(agents.map((username) => Api.signIn(system.base, username)));
    await Promise.all(people.map(makeReady));
    const supervisor = await Api.signIn(system.base, "supervisor01");
    const before = await calls(system, 10, 13_810_000_000);
    check("calls are answered before", allServed(before), summary(before));

    await database.stop();
    away = "ended";
    const without = await lived(system, people, ended_s, 13_820_000_000);
    check("every caller who waited was answered while PostgreSQL had ended", allServed(without), summary(without));
    await database.start();
    away = null;
    await storeIsBack(system);

    database.freeze();
    away = "frozen";
    const frozen = await lived(system, people, frozen_s, 13_830_000_000);
    check("every caller who waited was answered while PostgreSQL stood still", allServed(frozen), summary(frozen));
    database.thaw();
    away = null;

    const told = [...before, ...without, ...frozen];
    await tablesAreWhole(system, supervisor, told);
    await phones.stop();
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    if (away === "frozen") database.thaw();
    if (away === "ended") await database.start();
    await system.stop();
  }
}

/** Calls while the database is away; agents work on with what their pages need. */
async function lived(system: System, people: Api[], for_s: number, first: number): Promise<CallReport[]> {
  const told = calls(system, for_s, first);
  await pause(3_000);
  const ready = await fetch(`${system.base}/readyz`);
  const seen = (await ready.json()) as { store: boolean; gateway_link: boolean };
  check("the node is in service without its store", ready.status === 200 && !seen.store && seen.gateway_link, seen);
  const [person] = people;
  if (person === undefined) throw new Error("an agent is needed");
  const rest = await person.send("POST", "/agent/me/not_ready", { reason: "meal" });
  const back = await person.send("POST", "/agent/me/ready", {});
  check("an agent takes a break and comes back", rest.status === 200 && back.status === 200, [rest.status, back.status]);
  const token = await person.send("POST", "/softphone-token", { take_over: true });
  check("a page that was loaded again would register", token.status === 200, token.status);
  return told;
}

/** Those who are patient, and beside them one who gives up before anybody can answer: the rates are not all ones. */
async function calls(system: System, for_s: number, first: number): Promise<CallReport[]> {
  const hasty = ["call", `sip:12345@${system.sip}`, "--from", String(first + HASTY), "--cancel-after-ms", String(HASTY_MS)];
  const gave_up = CitizenPhone.start(hasty).report();
  return [...(await patient(system, for_s, first)), await gave_up];
}

async function patient(system: System, for_s: number, first: number): Promise<CallReport[]> {
  const count = Math.max(2, Math.floor(for_s / CALL_EVERY_S));
  const citizens = CitizenPhone.start([
    ...["swarm", "--to", `sip:12345@${system.sip}`, "--callers", String(count), "--rate", String(1 / CALL_EVERY_S)],
    ...["--patience-ms", "30000..30000", "--talk-ms", "2500..5000", "--tone-hz", "700", "--from-base", String(first)],
    ...["--seed", "11"],
  ]);
  const reports = await citizens.reports<CallReport & { summary?: boolean }>();
  return reports.filter((report) => report.summary !== true);
}

function isAnswered(report: CallReport): boolean {
  return report.outcome === "answered" && report.status === 200;
}

/** All were answered but the one who gave up. */
function allServed(reports: CallReport[]): boolean {
  const others = reports.filter((report) => !isAnswered(report));
  return others.length === 1 && others[0]?.outcome === "cancelled";
}

function summary(reports: CallReport[]): { calls: number; answered: number } {
  return { calls: reports.length, answered: reports.filter(isAnswered).length };
}

async function storeIsBack(system: System): Promise<void> {
  await until("the store takes writes", CATCH_UP_MS, async () => {
    const seen = (await (await fetch(`${system.base}/readyz`)).json()) as { store: boolean };
    return seen.store ? true : undefined;
  });
}

async function tablesAreWhole(system: System, supervisor: Api, told: CallReport[]): Promise<void> {
  await storeIsBack(system);
  const rows = await until("all calls are in the tables", CATCH_UP_MS, async () => {
    const rows = await endedCalls(supervisor, told.length).catch(() => []);
    return rows.length >= told.length ? rows : undefined;
  });
  const callers = new Set(rows.map((row) => row.caller));
  const counts = { rows: rows.length, callers: callers.size, told: told.length };
  check("each call is there once", rows.length === told.length && callers.size === told.length, counts);
  const answered = rows.filter((row: CallRow) => row.outcome === "answered");
  const gave_up = rows.length - answered.length;
  const heard = new Set(told.filter(isAnswered).map((report) => report.from));
  const right = rows.every((row) => row.outcome === (heard.has(row.caller ?? "") ? "answered" : "abandoned"));
  check("each has the end that its caller saw", right, { answered: answered.length, gave_up });
  await until("whoever gave up is owed a call back", CATCH_UP_MS, async () => {
    const { items } = await supervisor.get<{ items: unknown[] }>("/missed-call-returns");
    return items.length === gave_up ? true : undefined;
  });
  const silent = answered.filter((row) => (row.recording?.duration_ms ?? 0) === 0);
  check("each talk was recorded", silent.length === 0, silent.slice(0, 3));
  const recount = await until("the tables have caught up", CATCH_UP_MS, async () => {
    const reply = await supervisor.send("GET", "/supervisor/recount");
    return reply.status === 200 ? (reply.body as Recount) : undefined;
  });
  check("live rates and those of the tables are the same", recount.equal, recount);
  const records = recordsOf(system);
  const count = (name: string): number => records.filter((record) => record === name).length;
  const journal_k1 = { answered: count("call_answered"), requests: count("call_arrived") };
  const { k1 } = recount.recomputed as { k1: { answered: number; requests: number } };
  const same = k1.answered === journal_k1.answered && k1.requests === journal_k1.requests && k1.requests === told.length;
  check("K1 of the tables is the journal's", same, { journal: journal_k1, table: { answered: k1.answered, requests: k1.requests } });
  await until("nobody is left in a call", 10_000, async () => {
    const { items } = await supervisor.get<{ items: AgentView[] }>("/agents");
    return items.every((agent) => ["ready", "not_ready", "offline"].includes(agent.state.name)) ? true : undefined;
  });
  const journal = recordsOf(system).length;
  const table = await until("the last event is in the table", CATCH_UP_MS, () => {
    const count = Number(system.sql("select count(*) from acd_event"));
    return count >= recordsOf(system).length ? count : undefined;
  });
  const distinct = Number(system.sql("select count(*) from (select distinct journal, entry, item from acd_event) as one"));
  check("every event is in the tables once", table >= journal && table === distinct, { journal, table, distinct });
}

/** The names of all records in the journal's files, in order. */
function recordsOf(system: System): string[] {
  const folder = join(system.data, "journal", "qingyuan");
  const names: string[] = [];
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".jsonl")).sort()) {
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      // The last line may be half written.
      if (!line.endsWith("}")) continue;
      const { body } = JSON.parse(line) as { body: { entry?: { content: { turn?: { effects?: Effect[] } } } } };
      for (const { type, record } of body.entry?.content.turn?.effects ?? []) {
        if (type === "record" && record !== undefined) names.push(record.record);
      }
    }
  }
  return names;
}

interface Effect {
  type: string;
  record?: { record: string };
}
