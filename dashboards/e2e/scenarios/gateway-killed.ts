/**
 * The gateway is killed (SIGKILL) while ten citizens talk and ten wait: each of them is owed one return, the draft that
 * was begun is kept and found with it, the agents are Ready again, every recording can be played up to that moment. Then
 * it is asked to stop (SIGTERM) with as many calls: newcomers get 503, who ends in time ends as ever, the others are owed
 * a return.
 */

import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api, type WorkOrderView } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check } from "../lib/checks.ts";
import { id, openPage, picture, signIn } from "../lib/console.ts";
import { addAgent, type AgentView, allCalls, type CallRow, endedCalls, issueDeskPhones, makeReady, type Recount } from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone, correlate } from "../lib/phone.ts";
import { PASSWORD, pause, ROOT, type Store, System, until } from "../lib/system.ts";
import { readWav, writeWav } from "../lib/wav.ts";

const TALKING = 10;
const WAITING = 10;
/** How long the service manager waits before it starts a gateway again (deploy/sip-gateway.service). */
const RESTART_AFTER_MS = 1_000;
const READY_MAX_MS = 5_000;
/** What a killed gateway had not yet written: the window for late packets and one buffer. */
const UNWRITTEN_MAX_MS = 1_500;
const LIKENESS_MIN = 0.6;
const DRAIN_MS = 8_000;
const STOP_SLACK_MS = 2_000;
/** Talks that end by themselves while the gateway drains; as many waiting callers are answered then. */
const ENDING = 4;

const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
const DRAFT = "路灯不亮，已有三天";
const FIRST_TALKER = 13_821_000_000;
const FIRST_WAITER = 13_822_000_000;

const agents = Array.from({ length: TALKING }, (_, index) => `phone${String(index + 1).padStart(2, "0")}`);
/** A number as who only watches sees it. */
const masked = (number: string): string => `${number.slice(0, 3)}****${number.slice(-4)}`;
const numbers = (first: number, count: number): string[] => Array.from({ length: count }, (_, index) => String(first + index));

interface Owed {
  call: string;
  masked: string;
  cause: string;
  missed: number;
  last_at: string;
  work_order: string | null;
}

interface Floor {
  system: System;
  people: Api[];
  phones: CitizenPhone[];
  talkers: CitizenPhone[];
  waiters: CitizenPhone[];
}

export async function gatewayKilled(store: Store): Promise<void> {
  await withFloor(store, {}, killed);
  await withFloor(store, { HOTLINE__GATEWAY__DRAIN_MS: String(DRAIN_MS) }, drained);
}

/** A system of its own with ten who talk and ten who wait. */
async function withFloor(store: Store, more: Record<string, string>, run: (floor: Floor) => Promise<void>): Promise<void> {
  const system = await System.start({
    store,
    environment: { HOTLINE__ACD__WRAP_UP_MS: "500", HOTLINE__ACD__MUSIC_AFTER_MS: "2000", ...more },
  });
  try {
    await run(await busyFloor(system));
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await CitizenPhone.stopAll();
    await system.stop();
  }
}

async function busyFloor(system: System): Promise<Floor> {
  for (const username of agents) addAgent(system, username);
  const passwords = await issueDeskPhones(system, agents);
  const phones = agents.map((username) => startAgent(system, username, passwords));
  const people = await Promise.all(agents.map((username) => Api.signIn(system.base, username)));
  await Promise.all(people.map(makeReady));
  const talkers = await startCitizens(system, numbers(FIRST_TALKER, TALKING));
  await Promise.all(people.map((api) => untilState(api, "talking")));
  const waiters = await startCitizens(system, numbers(FIRST_WAITER, WAITING));
  await pause(4_000);
  return { system, people, phones, talkers, waiters };
}

// --- killed --------------------------------------------------------------------------------------

async function killed({ system, people }: Floor): Promise<void> {
  const supervisor = await Api.signIn(system.base, "supervisor01");
  const draft = await openDraft(people[0] as Api);
  const before = await allCalls(supervisor);

  await system.killGateway();
  const killed_at = Date.now();
  await pause(RESTART_AFTER_MS);
  const freed = Promise.all(people.map((api) => untilState(api, "ready"))).then(() => Date.now());
  const started = system.startGateway().then(() => Date.now());
  const [{ owed, complete_at }, back_at] = await Promise.all([settleAll(supervisor, TALKING + WAITING), started]);
  // It is linked; its snapshot is there a moment later.
  await pause(200);
  const times = await watchReturn(people);
  checkOwed(owed, [...numbers(FIRST_TALKER, TALKING), ...numbers(FIRST_WAITER, WAITING)]);
  check("all are owed within 5 s of the kill", complete_at - killed_at <= READY_MAX_MS, { after_kill_ms: complete_at - killed_at });
  const with_draft = owed.filter((one) => one.work_order !== null);
  check("the draft is found with its caller's return", with_draft.length === 1 && with_draft[0]?.work_order === draft.id, with_draft);
  const kept = await (people[0] as Api).get<Draft>(`/work-orders/${draft.id}`);
  check("the draft is kept as it was written", kept.state === "draft" && kept.intake.demand.content === DRAFT, kept.order_no);
  checkAgents(times, back_at);
  const free_ms = (await freed) - killed_at;
  check("no agent holds a dead call 5 s after the kill", free_ms <= READY_MAX_MS, { after_kill_ms: free_ms });

  const rows = await endedCalls(supervisor, TALKING + WAITING);
  check("no call is recorded twice", rows.length === TALKING + WAITING, rows.length);
  const talked = rows.filter((row) => row.outcome === "answered");
  const talking_before = before.filter((row) => row.answered_at !== null);
  check("who talked counts as answered", talked.length === TALKING && talking_before.length === TALKING, talked.length);
  await checkRecordings(system, supervisor, TALKING, (row) => killed_at - Date.parse(row.answered_at ?? ""));
  await checkRecount(supervisor);
  await boardShowsReturns(system, TALKING + WAITING);
}

/** The supervisor sees on her page who is owed a call. */
async function boardShowsReturns(system: System, count: number): Promise<void> {
  const browser = await launch();
  try {
    const { page } = await openPage(browser);
    await signIn(page, system.base, { username: "supervisor01", password: PASSWORD }, "/supervisor");
    await id(page, "return-row").first().waitFor({ timeout: 10_000 });
    await id(page, "return-row").first().scrollIntoViewIfNeeded();
    await picture(page, "supervisor-returns");
    const shown = await id(page, "return-row").count();
    const with_draft = await id(page, "return-draft").count();
    check("the supervisor's page lists them, one with a draft", shown === count && with_draft === 1, { shown, with_draft });
  } finally {
    await browser.close();
  }
}

interface Draft extends WorkOrderView {
  intake: { demand: { content: string } };
}

/** The agent has begun to write down what her citizen says. */
async function openDraft(agent: Api): Promise<Draft> {
  const { current_call } = await agent.get<{ current_call: { call: string } | null }>("/agent/me");
  const { id, intake } = await agent.post<Draft>("/work-orders", { channel: "phone", call: current_call?.call });
  const written = { ...intake, demand: { ...intake.demand, content: DRAFT } };
  return agent.post<Draft>(`/work-orders/${id}/commands`, { type: "edit_draft", intake: written });
}

/** Every caller is owed one call, for one missed call, because of the gateway. */
function checkOwed(owed: Owed[], callers: string[]): void {
  // Who only watches sees masked numbers: the last four digits tell these callers apart.
  const found = owed.map((one) => one.masked).sort();
  check("each dropped caller is owed one return, and nobody else", found.join() === callers.map(masked).sort().join(), found.length);
  const wrong = owed.filter((one) => one.missed !== 1 || one.cause !== "gateway_lost");
  check("for one missed call, lost with the gateway", wrong.length === 0, wrong);
}

async function settleAll(api: Api, count: number): Promise<{ owed: Owed[]; complete_at: number }> {
  const owed = await until(`${count} returns`, 20_000, async () => {
    const { items } = await api.get<{ items: Owed[] }>("/missed-call-returns");
    return items.length >= count ? items : undefined;
  });
  return { owed, complete_at: Date.now() };
}

interface Return {
  registered_at: number;
  ready_at: number;
}

/** When each agent's phone is registered with the new gateway, and when she is Ready with it. */
function watchReturn(people: Api[]): Promise<Return[]> {
  const watch = async (api: Api): Promise<Return> => {
    let registered_at = Number.NaN;
    await until("an agent is Ready again", 40_000, async () => {
      const { state, device } = await api.get<AgentView>("/agent/me");
      if (device.registered && Number.isNaN(registered_at)) registered_at = Date.now();
      return device.registered && state.name === "ready" && device.problem === null ? true : undefined;
    });
    return { registered_at, ready_at: Date.now() };
  };
  return Promise.all(people.map(watch));
}

function checkAgents(times: Return[], back_at: number): void {
  const worst = (of: (one: Return) => number): number => Math.round(Math.max(...times.map(of)));
  const ready_ms = worst((one) => one.ready_at - one.registered_at);
  check("agents are Ready within 5 s of their phones' return", ready_ms <= READY_MAX_MS, { worst_ms: ready_ms });
  const since_back = worst((one) => one.ready_at - back_at);
  check("phones that register every 5 s are back, and their agents Ready, within 10 s", since_back <= 10_000, { worst_after_return_ms: since_back });
}

// --- recordings ----------------------------------------------------------------------------------

/** As many WAV files as talks, nothing unfinished; each as long as its talk, with both voices in it. */
async function checkRecordings(system: System, api: Api, count: number, spoken_ms: (row: CallRow) => number): Promise<void> {
  const rows = await until("every talk has its recording", 10_000, async () => {
    const talked = (await allCalls(api)).filter((row) => row.outcome === "answered");
    return talked.every((row) => row.recording !== null) ? talked : undefined;
  });
  check("each talk has a recording of its own", new Set(rows.map((row) => row.recording?.id)).size === count, rows.length);
  const folder = join(system.data, "recordings");
  await until("nothing is left unfinished", 5_000, () => (readdirSync(join(folder, "unfinished")).length === 0 ? true : undefined));
  const files = readdirSync(folder, { recursive: true }).map(String);
  const [whole, parts] = [files.filter((file) => file.endsWith(".wav")), files.filter((file) => file.endsWith(".part"))];
  check("all files are complete", whole.length === count && parts.length === 0, { wav: whole.length, part: parts.length });
  const missing = rows.map((row) => Math.round(spoken_ms(row) - (row.recording?.duration_ms ?? 0)));
  check("they are as long as the talks", missing.every((ms) => Math.abs(ms) <= UNWRITTEN_MAX_MS), { missing_ms: missing });
  const likeness: number[] = [];
  for (const row of rows) {
    const file = join(system.data, `${row.call}.heard.wav`);
    writeFileSync(file, await api.download(`/recordings/${row.recording?.id}`));
    likeness.push(likenessOf(file, 0, CITIZEN_SAYS), likenessOf(file, 1, AGENT_SAYS));
  }
  check("both voices are in each of them", Math.min(...likeness) >= LIKENESS_MIN, { least: Math.min(...likeness) });
}

/** How much of the first words in a channel is what was said. */
function likenessOf(file: string, channel: number, said: string): number {
  const { rate_hz, samples } = readWav(file, channel);
  const words = `${file}.${channel}.wav`;
  writeWav(words, { rate_hz, samples: samples.slice(rate_hz / 2, rate_hz * 4.5) });
  return correlate(words, said).peak;
}

// --- drained -------------------------------------------------------------------------------------

async function drained({ system, people, talkers, waiters }: Floor): Promise<void> {
  const supervisor = await Api.signIn(system.base, "supervisor01");
  const stopping_at = Date.now();
  const stopped = system.drainGateway(DRAIN_MS + 20_000);
  await pause(500);
  const late = await CitizenPhone.start(["call", `sip:12345@${system.sip}`, "--from", "13829000000"]).report();
  check("a new call gets 503 while the gateway drains", late.outcome === "rejected" && late.status === 503, late.status);
  const ready = await fetch(`http://127.0.0.1:${system.gateway_ports.http}/readyz`);
  check("it says that it is not ready", ready.status === 503, await ready.text());
  for (const talker of talkers.slice(0, ENDING)) talker.hangUp();
  const { code, took_ms } = await stopped;
  check("it ends by itself with 0", code === 0, code);
  check("and within the bound", took_ms >= DRAIN_MS - 500 && took_ms <= DRAIN_MS + STOP_SLACK_MS, { took_ms });

  const reports = async (phones: CitizenPhone[]): Promise<CallReport[]> => Promise.all(phones.map((phone) => phone.report()));
  const ended = await reports(talkers.slice(0, ENDING));
  check("who hung up in time was not disturbed", ended.every((one) => one.outcome === "answered" && one.ended_by === "local"), ended.map((one) => one.ended_by));
  const cut = await reports(talkers.slice(ENDING));
  check("who talked on got a BYE", cut.every((one) => one.outcome === "answered" && one.ended_by === "remote"), cut.map((one) => one.ended_by));
  const waited = await reports(waiters);
  const served = waited.filter((one) => one.outcome === "answered");
  check("agents who became free answered waiting callers meanwhile", served.length === ENDING, served.length);
  const sent_away = waited.filter((one) => one.outcome !== "answered");
  check("who still waited got 503", sent_away.every((one) => one.status === 503), sent_away.map((one) => one.status));

  const { owed } = await settleAll(supervisor, TALKING + WAITING - ENDING);
  checkOwed(owed, [...numbers(FIRST_TALKER + ENDING, TALKING - ENDING), ...numbers(FIRST_WAITER, WAITING)]);
  const rows = await endedCalls(supervisor, TALKING + WAITING);
  check("each call is recorded once", rows.length === TALKING + WAITING, rows.length);
  const told_at = rows.map((row) => Date.parse(row.ended_at ?? "") - stopping_at);
  check("the ends are told by the gateway itself", Math.max(...told_at) <= DRAIN_MS + STOP_SLACK_MS, { latest_ms: Math.max(...told_at) });
  const spoken = (row: CallRow): number => Date.parse(row.ended_at ?? "") - Date.parse(row.answered_at ?? "");
  await checkRecordings(system, supervisor, TALKING + ENDING, spoken);
  await Promise.all(people.map((api) => untilState(api, "ready")));
  check("no agent holds a dead call", true, people.length);
  await checkRecount(supervisor);
}

// --- people --------------------------------------------------------------------------------------

function startAgent(system: System, username: string, passwords: string): CitizenPhone {
  return CitizenPhone.start([
    ...["register", "--user", username, "--registrar", `sip:${system.sip}`, "--domain", "hotline.local", "--expires-seconds", "10"],
    ...["--password-file", passwords, "--headset-check", "--say", AGENT_SAYS, "--say-repeat", "--answer-after-ms", "300"],
  ]);
}

/** Calls one after the other. */
async function startCitizens(system: System, callers: string[]): Promise<CitizenPhone[]> {
  const phones: CitizenPhone[] = [];
  for (const number of callers) {
    phones.push(CitizenPhone.start(["call", `sip:12345@${system.sip}`, "--from", number, "--say", CITIZEN_SAYS, "--say-repeat"]));
    await pause(100);
  }
  return phones;
}

async function untilState(api: Api, state: string): Promise<void> {
  await until(`an agent is ${state}`, 20_000, async () => ((await api.get<AgentView>("/agent/me")).state.name === state ? true : undefined));
}

async function checkRecount(supervisor: Api): Promise<void> {
  const recount = await supervisor.get<Recount>("/supervisor/recount");
  check("live rates equal the recomputation", recount.equal, recount.equal ? "" : recount);
}
