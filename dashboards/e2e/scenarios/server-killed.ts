/**
 * The server is killed (SIGKILL) while ten citizens talk and five wait: they talk on, wait on in their places with
 * music, are offered again within five seconds of its return, and no record is missing or doubled.
 */

import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { check } from "../lib/checks.ts";
import { addAgent, type AgentView, allCalls, type CallRow, endedCalls, issueDeskPhones, makeReady, type Recount } from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone, correlate } from "../lib/phone.ts";
import { pause, ROOT, type Store, System, until } from "../lib/system.ts";
import { readWav, writeWav } from "../lib/wav.ts";

const TALKING = 10;
const WAITING = 5;
/** How long the server is away. */
const AWAY_MS = 6_000;
const RESUME_MAX_MS = 5_000;
const LIKENESS_MIN = 0.6;
const PACKET_MS = 20;
/** Half a second: what is heard begins a little after the answer and ends a little before the end. */
const MISSING_MAX = 25;

const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
const MUSIC = join(ROOT, "prompts/system/hold_music.wav");

const agents = Array.from({ length: TALKING }, (_, index) => `phone${String(index + 1).padStart(2, "0")}`);

interface Told extends CallReport {
  zero_unix_ms: number;
  heard: { file: string; start_ms: number };
}

/** Moments of the wall clock. */
interface Outage {
  killed_at: number;
  restarted_at: number;
}

export async function serverKilled(store: Store): Promise<void> {
  const system = await System.start({
    store,
    environment: { HOTLINE__ACD__WRAP_UP_MS: "500", HOTLINE__ACD__MUSIC_AFTER_MS: "2000" },
  });
  try {
    await killedWhileBusy(system);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await system.stop();
  }
}

async function killedWhileBusy(system: System): Promise<void> {
  for (const username of agents) addAgent(system, username);
  const passwords = await issueDeskPhones(system, agents);
  const phones = agents.map((username) => startAgent(system, username, passwords));
  await Promise.all(agents.map(async (username) => makeReady(await Api.signIn(system.base, username))));

  const talkers = startCitizens(system, TALKING, 13_811_000_000, ["--say", CITIZEN_SAYS, "--say-repeat"]);
  await untilStates(system, agents, "talking");
  const waiters = startCitizens(system, WAITING, 13_812_000_000, ["--say", CITIZEN_SAYS, "--say-repeat"], 400);
  const all_waiters = await waiters;
  await pause(4_000);

  await system.killServer();
  const killed_at = Date.now();
  await pause(AWAY_MS);
  // One conversation ends while nobody distributes: its agent is free when the server is back.
  const all_talkers = await talkers;
  all_talkers[0]?.hangUp();
  await pause(1_000);
  const restarted_at = Date.now();
  await system.startServer();
  const supervisor = await Api.signIn(system.base, "supervisor01");
  // Four more end, each when the one before has been answered: the order of the offers tells the places.
  for (let answered = 1; answered <= WAITING; answered += 1) {
    await until(`${answered} of those who waited talk`, 20_000, async () => {
      const rows = await allCalls(supervisor);
      return rows.filter((row) => row.answered_at !== null).length === TALKING + answered ? true : undefined;
    });
    if (answered < WAITING) all_talkers[answered]?.hangUp();
  }
  await pause(2_000);
  for (const waiter of all_waiters) waiter.hangUp();
  const waited = await Promise.all(all_waiters.map((phone) => phone.report() as Promise<Told>));
  for (const talker of all_talkers.slice(WAITING)) talker.hangUp();
  const talked = await Promise.all(all_talkers.map((phone) => phone.report() as Promise<Told>));

  await endedCalls(supervisor, TALKING + WAITING);
  // A recording is complete, and its row written, a moment after its call has ended.
  const rows = await until("each call has its recording", 5_000, async () => {
    const ended = await allCalls(supervisor);
    return ended.every((row) => row.recording !== null) ? ended : undefined;
  });
  for (const phone of phones) await phone.stop();
  const rings = (await Promise.all(phones.map((phone) => phone.reports<Told>()))).flat();

  const outage = { killed_at, restarted_at };
  checkConversations(talked, rings, outage);
  checkWaiting(waited, rings, outage);
  checkRecords(rows);
  const recount = await supervisor.get<Recount>("/supervisor/recount");
  check("live rates equal the recomputation", recount.equal, recount);
}

function startAgent(system: System, username: string, passwords: string): CitizenPhone {
  return CitizenPhone.start([
    ...["register", "--user", username, "--registrar", `sip:${system.sip}`, "--domain", "hotline.local"],
    ...["--password-file", passwords, "--headset-check", "--say", AGENT_SAYS, "--say-repeat", "--answer-after-ms", "300"],
    ...["--hear", join(system.data, `${username}.wav`)],
  ]);
}

/** Calls one after the other, so that their order is known. */
async function startCitizens(system: System, count: number, first: number, more: string[], gap_ms = 100): Promise<CitizenPhone[]> {
  const phones: CitizenPhone[] = [];
  for (let index = 0; index < count; index += 1) {
    const number = String(first + index);
    const to = ["call", `sip:12345@${system.sip}`, "--from", number, "--hear", join(system.data, `${number}.wav`)];
    phones.push(CitizenPhone.start([...to, ...more]));
    await pause(gap_ms);
  }
  return phones;
}

/** Both sides of each conversation heard the other all the while: no packet is missing, and it was the other's voice. */
function checkConversations(talked: Told[], rings: Told[], outage: Outage): void {
  check("ten conversations were answered and ended by the citizens", talked.every((one) => one.outcome === "answered"), talked.length);
  const lost = talked.map((one) => one.packets.lost);
  const missing = talked.map((one) => Math.round((one.talk_ms ?? 0) / PACKET_MS) - one.packets.received);
  const whole = missing.every((count) => count <= MISSING_MAX) && lost.every((count) => count === 0);
  check("no packet to a talking citizen is missing", whole, { missing, lost });
  const spans = talked.every((one) => spansOutage(one, outage));
  check("their conversations span the outage", spans, outage.restarted_at - outage.killed_at);
  const citizens = talked.map((one) => heardDuring(outage, one, AGENT_SAYS));
  check("the citizens heard their agents during the outage", Math.min(...citizens) >= LIKENESS_MIN, citizens);
  // Several phones ring at once where many are idle, and more than one may pick up: one of them has the call.
  const theirs = rings.filter((ring) => spansOutage(ring, outage) && talked.some((one) => one.from === ring.from));
  const back = theirs.map((one) => heardDuring(outage, one, CITIZEN_SAYS));
  check("the agents heard their citizens during the outage", back.length === TALKING && Math.min(...back) >= LIKENESS_MIN, back);
}

function wallClock(one: Told, moment: number | null | undefined): number {
  return one.zero_unix_ms + (moment ?? Number.NaN);
}

function spansOutage(one: Told, outage: Outage): boolean {
  const { answered, ended } = one.timings_ms;
  return wallClock(one, answered) < outage.killed_at && wallClock(one, ended) > outage.restarted_at - 2_000;
}

/** Likeness of `said` with what was heard between the kill and a second before the restart. */
function heardDuring(outage: Outage, one: Told, said: string): number {
  const heard = readWav(one.heard.file);
  const place = (moment: number): number => Math.round(((moment - wallClock(one, one.heard.start_ms)) * heard.rate_hz) / 1_000);
  const samples = heard.samples.slice(Math.max(0, place(outage.killed_at)), place(outage.restarted_at - 1_000));
  const file = `${one.heard.file}.outage.wav`;
  writeWav(file, { rate_hz: heard.rate_hz, samples });
  return correlate(file, said).peak;
}

/** The waiting callers kept music and place. */
function checkWaiting(waited: Told[], rings: Told[], outage: Outage): void {
  check("the five were answered", waited.every((one) => one.outcome === "answered"), waited.map((one) => one.wait_ms));
  const missing = waited.map((one) => {
    const { ended, early_media, answered } = one.timings_ms;
    const heard_ms = (ended ?? Number.NaN) - (early_media ?? answered ?? Number.NaN);
    return Math.round(heard_ms / PACKET_MS) - one.packets.received;
  });
  check("they heard music without a gap", missing.every((count) => count <= MISSING_MAX), { missing });
  const music = waited.map((one) => heardDuring(outage, one, MUSIC));
  check("what they heard during the outage is the waiting music", Math.min(...music) >= LIKENESS_MIN, music);
  const offered = waited
    .map(({ from }) => ({ from, at: firstOffer(rings, from) }))
    .sort((a, b) => a.at - b.at);
  const places = offered.map((one) => one.from);
  check("they were offered in their order", places.length === WAITING && places.join() === [...places].sort().join(), places);
  const after = offered.map((one) => Math.round(one.at - outage.restarted_at));
  const first = after[0] ?? Number.NaN;
  check("offers resume within 5 s of the restart", first > 0 && first <= RESUME_MAX_MS, { after_ms: after });
}

/** When a phone first rang for this caller. */
function firstOffer(rings: Told[], from: string): number {
  const hers = rings.filter((ring) => ring.from === from);
  return Math.min(...hers.map((ring) => wallClock(ring, ring.timings_ms.invite)));
}

function checkRecords(rows: CallRow[]): void {
  const callers = new Set(rows.map((row) => row.caller));
  check("each call is recorded once", rows.length === TALKING + WAITING && callers.size === rows.length, rows.length);
  check("all are answered", rows.every((row) => row.outcome === "answered"), rows.map((row) => row.outcome));
  const recordings = new Set(rows.map((row) => row.recording?.id));
  check("each has its own recording", recordings.size === rows.length && !recordings.has(undefined), recordings.size);
}

async function untilStates(system: System, usernames: string[], state: string): Promise<void> {
  await Promise.all(
    usernames.map(async (username) => {
      const api = await Api.signIn(system.base, username);
      await until(`${username} ${state}`, 20_000, async () =>
        (await api.get<AgentView>("/agent/me")).state.name === state ? true : undefined,
      );
    }),
  );
}
