/**
 * The wire to five seats is cut again and again while all of them talk (R16, R17): 20 cuts of each length, as a table.
 * Only when named, for it takes a quarter of an hour: `make e2e SCENARIO=line-cuts:sqlite`. `CUTS=1,40 ROUNDS=1`
 * makes it shorter.
 */

import { appendFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check, skip } from "../lib/checks.ts";
import { id, openPage, signIn } from "../lib/console.ts";
import { addAgent, type AgentView, endedCalls, issueDeskPhones, makeReady, type Recount } from "../lib/desk-phones.ts";
import { NAME, OtherNetwork } from "../lib/other-network.ts";
import { longestGap, packets, watchConnections } from "../lib/packets.ts";
import { type CallReport, CitizenPhone, correlate } from "../lib/phone.ts";
import { answer, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, pause, ROOT, type Store, System, until } from "../lib/system.ts";
import { part } from "../lib/wav.ts";

const voice = (name: string): string => join(ROOT, "prompts", name);
const CITIZEN_SAYS = voice("callers/call_08_street_lamp.wav");
const AGENT_SAYS = voice("callers/call_12_suggestion_bus.wav");
const COLLEAGUE_SAYS = voice("callers/call_11_praise.wav");
const MUSIC = voice("system/hold_music.wav");

const SEATS = 5;
const ROUNDS = Number(process.env.ROUNDS ?? "4");
const CUTS_S = (process.env.CUTS ?? "1,3,10,20,40").split(",").map(Number);
/** A line that stays away longer puts its caller into the queue (`acd.media_lost_limit_ms`). */
const RETURNED_AFTER_S = 25;
const SPEECH_MS = 8_000;
const LIKENESS_MIN = 0.8;

const seats = Array.from({ length: SEATS }, (_, index) => `agent0${index + 1}`);
const colleagues = Array.from({ length: SEATS }, (_, index) => `phone0${index + 1}`);

interface Place {
  system: System;
  network: OtherNetwork;
  pages: Page[];
}

interface Talk {
  number: string;
  page: Page;
  citizen: CitizenPhone;
  heard: string;
}

export async function lineCuts(store: Store): Promise<void> {
  if (!OtherNetwork.allowed()) return skip("seats on a bad network", "network namespaces need root");
  const network = OtherNetwork.make();
  const environment = { HOTLINE__TLS__NAMES: NAME, HOTLINE__ACD__WRAP_UP_MS: "500" };
  const system = await System.start({ store, advertise: network.address, environment });
  const there = network.chromium(join(system.data, "home"), join(system.data, "tls/ca.pem"));
  const browser = await launch({ microphone: AGENT_SAYS, executable: there.executable, more_args: there.args });
  try {
    const pages: Page[] = [];
    for (const username of seats) pages.push(await openSeat(browser, system, username));
    const place = { system, network, pages };
    for (const away_s of CUTS_S.filter((length_s) => length_s < RETURNED_AFTER_S)) {
      for (let round = 0; round < ROUNDS; round += 1) await short(place, away_s, round);
    }
    for (const away_s of CUTS_S.filter((length_s) => length_s > RETURNED_AFTER_S)) {
      const passwords = await desks(system);
      for (let round = 0; round < ROUNDS; round += 1) await long(place, away_s, round, passwords);
    }
    await nothingLeftOver(system);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await browser.close();
    await CitizenPhone.stopAll();
    await system.stop();
    network.remove();
  }
}

async function openSeat(browser: Browser, system: System, username: string): Promise<Page> {
  const { page } = await openPage(browser, { trust_everything: false, plain_voice: true });
  await watchConnections(page);
  await signIn(page, `https://${NAME}:${system.ports.https}`, { username, password: PASSWORD });
  await headsetCheck(page);
  await goReady(page);
  return page;
}

/** Whose caller rings where is the distributor's choice: each page says whom it has. */
async function converse({ system, pages }: Place, length_s: number, round: number): Promise<Talk[]> {
  const number = (seat: number): string => `138${String(length_s).padStart(2, "0")}${String(round * SEATS + seat).padStart(6, "0")}`;
  const citizens = new Map<string, Omit<Talk, "page">>();
  for (let seat = 0; seat < SEATS; seat += 1) {
    const heard = join(system.data, `${number(seat)}.wav`);
    const citizen = CitizenPhone.call(system.sip, number(seat), CITIZEN_SAYS, heard, ["--say-repeat", "--max-seconds", "150"]);
    citizens.set(number(seat), { number: number(seat), citizen, heard });
  }
  const talks = pages.map(async (page) => {
    const caller = await waitForOffer(page);
    await answer(page);
    const hers = citizens.get(caller);
    if (hers === undefined) throw new Error(`nobody has called from ${caller}`);
    return { ...hers, page };
  });
  const all = await Promise.all(talks);
  // The greeting and the notice are over.
  await pause(9_000);
  return all;
}

async function cut(network: OtherNetwork, away_s: number): Promise<number> {
  network.unplug();
  await pause(away_s * 1_000);
  network.plugIn();
  return Date.now();
}

/** The line comes back in time: both hear each other again. */
async function short(place: Place, away_s: number, round: number): Promise<void> {
  const talks = await converse(place, away_s, round);
  let over = false;
  const gaps = talks.map(({ page }) => longestGap(page, () => over));
  const plugged_at = await cut(place.network, away_s);
  const after_ms = await Promise.all(
    talks.map(async ({ page, number }) => {
      const before = await packets(page);
      await until(`${number}: packets reach the page again`, 25_000, async () => ((await packets(page)) > before + 25 ? true : undefined));
      return Date.now() - plugged_at;
    }),
  );
  over = true;
  const gap_ms = await Promise.all(gaps);
  await Promise.all(talks.map(({ page }) => waitForState(page, "talking", 5_000)));
  await pause(SPEECH_MS);
  for (const { page } of talks) await hangUp(page);
  const reports = await Promise.all(talks.map(({ citizen }) => citizen.report()));
  await Promise.all(talks.map(({ page }) => waitForState(page, "ready", 15_000)));
  talks.forEach(({ heard, number }, index) => {
    const report = reports[index] as CallReport;
    const likeness = correlate(part(heard, 0, SPEECH_MS - 1_000), AGENT_SAYS).peak;
    const held = report.outcome === "answered" && report.ended_by === "remote";
    note({ away_s, round, number, gap_ms: gap_ms[index], after_ms: after_ms[index], likeness, held });
    check(`${away_s} s, ${number}: both hear each other again`, held && likeness >= LIKENESS_MIN, {
      gap_ms: gap_ms[index],
      after_ms: after_ms[index],
      likeness,
    });
  });
}

async function desks(system: System): Promise<string> {
  for (const username of colleagues) addAgent(system, username);
  return issueDeskPhones(system, colleagues);
}

/** The line stays away: the callers hear music, are the first in the queue, and colleagues answer them. */
async function long(place: Place, away_s: number, round: number, passwords: string): Promise<void> {
  const { system, network, pages } = place;
  const talks = await converse(place, away_s, round);
  const newcomer = `139${String(round).padStart(8, "0")}`;
  const waiter = CitizenPhone.call(system.sip, newcomer, CITIZEN_SAYS, join(system.data, `${newcomer}.wav`), ["--say-repeat", "--max-seconds", "150"]);
  network.unplug();
  const unplugged_at = Date.now();
  const desk_phones = colleagues.map((username) =>
    CitizenPhone.start([
      ...["register", "--user", username, "--registrar", `sip:${system.sip}`, "--domain", "hotline.local"],
      ...["--password-file", passwords, "--headset-check", "--say", COLLEAGUE_SAYS, "--say-repeat", "--answer-after-ms", "300"],
      ...["--hangup-after-ms", "7000", "--calls", "2"],
    ]),
  );
  const own = await Promise.all(seats.map((username) => Api.signIn(system.base, username)));
  await Promise.all(own.map((api) => untilNotReady(api)));
  const returned_ms = Date.now() - unplugged_at;
  const people = await Promise.all(colleagues.map((username) => Api.signIn(system.base, username)));
  await Promise.all(people.map(makeReady));
  const reports = await Promise.all(talks.map(({ citizen }) => citizen.report()));
  const last = await waiter.report();
  await pause(Math.max(0, unplugged_at + away_s * 1_000 - Date.now()));
  network.plugIn();
  for (const phone of desk_phones) await phone.stop();
  const answered = (await Promise.all(desk_phones.map((phone) => phone.reports()))).flat();
  const first = returnedFirst(answered, talks, newcomer);
  talks.forEach(({ heard, number }, index) => {
    const report = reports[index] as CallReport;
    const music = correlate(part(heard, 10_000, 18_000), MUSIC).peak;
    const colleague = correlate(part(heard, 0, 6_000), COLLEAGUE_SAYS).peak;
    const held = report.outcome === "answered" && report.ended_by === "remote";
    note({ away_s, round, number, returned_ms, music, colleague, first, held });
    const good = held && first && music >= LIKENESS_MIN && colleague >= LIKENESS_MIN;
    check(`${away_s} s, ${number}: music, then the next agent, before who came later`, good, { returned_ms, music, colleague, held });
  });
  check(`${away_s} s: who came later was answered after them`, first && last.outcome === "answered", last.wait_ms);
  await Promise.all(people.map((api) => api.post("/agent/me/sign_out", {})));
  await Promise.all(pages.map(takeUpAgain));
}

async function untilNotReady(api: Api): Promise<void> {
  await until("she is Not-Ready", 35_000, async () => {
    const { state } = await api.get<AgentView>("/agent/me");
    return state.name === "not_ready" ? true : undefined;
  });
}

/** Whether the colleagues' phones answered every returned caller before the newcomer. */
function returnedFirst(answered: CallReport[], talks: Talk[], newcomer: string): boolean {
  const at = (number: string): number => {
    const report = answered.find((one) => one.from === number && one.outcome === "answered");
    return report === undefined ? Number.NaN : report.zero_unix_ms + (report.timings_ms.answered ?? Number.NaN);
  };
  return talks.every(({ number }) => at(number) < at(newcomer));
}

/** Her page is told, her headset is checked anew, and she takes calls again. */
async function takeUpAgain(page: Page): Promise<void> {
  await waitForState(page, "not_ready", 30_000);
  await until("her page asks for a headset check, or can be Ready", 30_000, async () => {
    if ((await id(page, "headset-start").count()) > 0) await headsetCheck(page);
    return (await id(page, "state-ready").isEnabled()) ? true : undefined;
  });
  await goReady(page);
}

async function nothingLeftOver(system: System): Promise<void> {
  const supervisor = await Api.signIn(system.base, "supervisor01");
  const rows = await endedCalls(supervisor, 1);
  check("every call has ended as answered", rows.every((row) => row.outcome === "answered"), rows.length);
  const people = await Promise.all(seats.map(async (username) => (await Api.signIn(system.base, username)).get<AgentView>("/agent/me")));
  check("every seat is Ready", people.every((one) => one.state.name === "ready"), people.map((one) => one.state.name));
  const recount = await supervisor.get<Recount>("/supervisor/recount");
  check("live counters equal the recomputation", recount.equal, recount);
}

/** One line per run, for the table. */
function note(line: object): void {
  const folder = join(ROOT, "target/line-cuts");
  mkdirSync(folder, { recursive: true });
  appendFileSync(join(folder, "runs.jsonl"), `${JSON.stringify(line)}\n`);
}
