/**
 * The server is killed (SIGKILL) while ten citizens talk and five wait: they talk on, wait on in their places with
 * music, are offered again within five seconds of its return, and no record is missing or doubled.
 */

import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { check } from "../lib/checks.ts";
import { addAgent, type AgentView, type CallRow, endedCalls, issueDeskPhones, makeReady, type Recount } from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone, correlate } from "../lib/phone.ts";
import { ROOT, type Store, System, until } from "../lib/system.ts";

const TALKING = 10;
const WAITING = 5;
/** How long the server is away. */
const AWAY_MS = 6_000;
const RESUME_MAX_MS = 5_000;
const LIKENESS_MIN = 0.6;

const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
const MUSIC = join(ROOT, "prompts/hold_music.wav");

const agents = Array.from({ length: TALKING }, (_, index) => `phone${String(index + 1).padStart(2, "0")}`);

interface Told extends CallReport {
  zero_unix_ms: number;
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
  const waiters = startCitizens(system, WAITING, 13_812_000_000, ["--hangup-after-say", "1", "--say", CITIZEN_SAYS], 400);
  const order = await waiters;
  await pause(4_000);

  await system.killServer();
  const killed_at = Date.now();
  await pause(AWAY_MS);
  // Five conversations end while nobody distributes: their agents are free when the server is back.
  const all_talkers = await talkers;
  for (const talker of all_talkers.slice(0, WAITING)) talker.hangUp();
  await pause(1_000);
  const restarted_at = Date.now();
  await system.startServer();
  const waited = await Promise.all(order.map((phone) => phone.report() as Promise<Told>));
  for (const talker of all_talkers.slice(WAITING)) talker.hangUp();
  const talked = await Promise.all(all_talkers.map((phone) => phone.report() as Promise<Told>));

  const supervisor = await Api.signIn(system.base, "supervisor01");
  const rows = await endedCalls(supervisor, TALKING + WAITING);
  for (const phone of phones) await phone.stop();
  const answers = (await Promise.all(phones.map((phone) => phone.reports<Told>()))).flat();

  checkConversations(system, talked, killed_at, restarted_at);
  checkWaiting(system, waited, killed_at, restarted_at, answers);
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
    phones.push(CitizenPhone.start([...to, "--max-seconds", "120", ...more]));
    await pause(gap_ms);
  }
  return phones;
}

/** Both sides of each conversation heard the other before, during and after: no packet is missing. */
function checkConversations(system: System, talked: Told[], killed_at: number, restarted_at: number): void {
  check("ten conversations were answered and ended by the citizens", talked.every((one) => one.outcome === "answered"), talked.length);
  const lost = talked.map((one) => one.packets.lost);
  const expected = talked.map((one) => Math.round((one.talk_ms ?? 0) / 20));
  const received = talked.map((one) => one.packets.received);
  const whole = talked.every((_, index) => (received[index] ?? 0) >= (expected[index] ?? 0) - 25);
  check("no packet to a talking citizen is missing", whole && lost.every((count) => count === 0), { received, expected, lost });
  const away_ms = restarted_at - killed_at;
  const spoken_over = talked.filter((one) => (one.talk_ms ?? 0) > away_ms).length;
  check("their conversations span the outage", spoken_over === TALKING, { away_ms });
  const peaks = talked.map((one) => correlate(AGENT_SAYS, join(system.data, `${one.from}.wav`)).peak);
  check("the citizens heard their agents", Math.min(...peaks) >= LIKENESS_MIN, peaks);
  const back = agents.map((username) => correlate(CITIZEN_SAYS, join(system.data, `${username}.wav`)).peak);
  check("the agents heard their citizens", Math.min(...back) >= LIKENESS_MIN, back);
}

/** The waiting callers kept music and place. */
function checkWaiting(system: System, waited: Told[], killed_at: number, restarted_at: number, answers: Told[]): void {
  check("the five were answered", waited.every((one) => one.outcome === "answered"), waited.map((one) => one.wait_ms));
  const gaps = waited.map((one) => {
    const heard_ms = (one.timings_ms.ended ?? 0) - (one.timings_ms.early_media ?? one.timings_ms.answered ?? 0);
    return Math.round(heard_ms / 20) - one.packets.received;
  });
  check("they heard music without a gap", gaps.every((missing) => missing <= 25), { missing_packets: gaps });
  const music = waited.map((one) => correlate(MUSIC, join(system.data, `${one.from}.wav`)).peak);
  check("what they heard is the waiting music", Math.min(...music) >= LIKENESS_MIN, music);
  const at = (one: Told, moment: number | null | undefined): number => one.zero_unix_ms + (moment ?? Number.NaN);
  const answered = waited.map((one) => at(one, one.timings_ms.answered));
  const in_order = answered.every((moment, index) => index === 0 || moment >= (answered[index - 1] ?? 0) - 1_000);
  const offered = answers
    .filter((one) => waited.some((citizen) => citizen.from === one.from))
    .map((one) => ({ from: one.from, at: at(one, one.timings_ms.invite) }))
    .sort((a, b) => a.at - b.at);
  const places = offered.map((one) => one.from);
  check("they were offered in their order", in_order && places.join() === [...places].sort().join(), places);
  const first = Math.min(...offered.map((one) => one.at)) - restarted_at;
  const last = Math.max(...offered.map((one) => one.at)) - restarted_at;
  check("offers resume within 5 s of the restart", first > 0 && last <= RESUME_MAX_MS, { first_ms: first, last_ms: last });
  check("nobody was offered while it was away", offered.every((one) => one.at < killed_at || one.at > restarted_at), offered.length);
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

function pause(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
