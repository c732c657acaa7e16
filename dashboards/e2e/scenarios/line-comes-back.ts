/**
 * A seat on a bad network (R16, R17): the wire is cut during a call and comes back; the caller hears music
 * meanwhile, and both hear each other again. The page is loaded again during a call, and has it back. A wire that stays
 * away too long puts the caller first in the queue.
 */

import { join } from "node:path";

import type { Page } from "playwright-core";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check, skip } from "../lib/checks.ts";
import { id, openPage, signIn } from "../lib/console.ts";
import { type AgentView, endedCalls, issueDeskPhones, makeReady } from "../lib/desk-phones.ts";
import { NAME, OtherNetwork } from "../lib/other-network.ts";
import { longestGap, packets, watchConnections } from "../lib/packets.ts";
import { CitizenPhone, correlate } from "../lib/phone.ts";
import { answer, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, pause, ROOT, type Store, System, until } from "../lib/system.ts";
import { part } from "../lib/wav.ts";

const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");

const HER_CALLER = "13814000100";
const OTHER_CALLER = "13814000200";
/** Other speech stays below 0.4. */
const LIKENESS_MIN = 0.8;
/** Seconds without a wire; others by `CUTS=1,10`. */
const CUTS_S = (process.env.CUTS ?? "3,20").split(",").filter(Boolean).map(Number);
/** How long both speak before they hang up. */
const SPEECH_MS = 8_000;

export async function lineComesBack(store: Store): Promise<void> {
  if (!OtherNetwork.allowed()) return skip("a seat on a bad network", "network namespaces need root");
  const network = OtherNetwork.make();
  try {
    const environment = { HOTLINE__TLS__NAMES: NAME, HOTLINE__ACD__WRAP_UP_MS: "1000" };
    const system = await System.start({ store, advertise: network.address, environment });
    const there = network.chromium(join(system.data, "home"), join(system.data, "tls/ca.pem"));
    const browser = await launch({ microphone: AGENT_SAYS, executable: there.executable, more_args: there.args });
    try {
      const { page } = await openPage(browser, { trust_everything: false, plain_voice: true });
      await watchConnections(page);
      const base = `https://${NAME}:${system.ports.https}`;
      await signIn(page, base, { username: "agent01", password: PASSWORD });
      await headsetCheck(page);
      await goReady(page);
      for (const away_s of CUTS_S) await cutFor(page, system, network, away_s);
      await reloaded(page, system);
      await tooLong(page, system, network);
    } catch (error) {
      console.log(system.logs());
      throw error;
    } finally {
      await browser.close();
      await system.stop();
    }
  } finally {
    network.remove();
  }
}

interface Conversation {
  citizen: CitizenPhone;
  heard: string;
}

async function converse(page: Page, system: System, number: string): Promise<Conversation> {
  const heard = join(system.data, `${number}.wav`);
  const citizen = CitizenPhone.call(system.sip, number, CITIZEN_SAYS, heard, ["--say-repeat", "--max-seconds", "150"]);
  await waitForOffer(page);
  await answer(page);
  // The greeting and the notice are over.
  await pause(9_000);
  return { citizen, heard };
}

/** Hangs up and looks at what the citizen heard in the last seconds. */
async function finish(page: Page, talk: Conversation, what: string): Promise<void> {
  await pause(SPEECH_MS);
  await hangUp(page);
  const report = await talk.citizen.report();
  check(`${what}: the citizen was not dropped`, report.outcome === "answered" && report.ended_by === "remote", report.talk_ms);
  const likeness = correlate(part(talk.heard, 0, SPEECH_MS), AGENT_SAYS);
  check(`${what}: the citizen hears the agent again`, likeness.peak >= LIKENESS_MIN, likeness);
  await waitForState(page, "ready", 15_000);
}

async function cutFor(page: Page, system: System, network: OtherNetwork, away_s: number): Promise<void> {
  const what = `${away_s} s without a wire`;
  const talk = await converse(page, system, `1381400000${away_s % 10}`);
  let over = false;
  const gap = longestGap(page, () => over);
  network.unplug();
  await pause(away_s * 1_000);
  network.plugIn();
  const plugged_at = Date.now();
  const before = await packets(page);
  await until(`${what}: packets reach the page again`, 25_000, async () => ((await packets(page)) > before + 25 ? true : undefined));
  const after_ms = Date.now() - plugged_at;
  over = true;
  check(`${what}: the agent hears the citizen again`, true, { gap_ms: await gap, after_ms });
  await waitForState(page, "talking", 1_000);
  await finish(page, talk, what);
}

async function reloaded(page: Page, system: System): Promise<void> {
  const what = "page loaded again";
  const talk = await converse(page, system, "13814000009");
  const reloaded_at = Date.now();
  await page.reload();
  await until(`${what}: packets reach the page again`, 20_000, async () => ((await packets(page)) > 25 ? true : undefined));
  check(`${what}: the call is back in it`, true, { after_ms: Date.now() - reloaded_at });
  await waitForState(page, "talking", 5_000);
  await finish(page, talk, what);
  const asked = id(page, "headset-start");
  await asked.waitFor({ state: "detached", timeout: 10_000 }).catch(() => undefined);
  check(`${what}: nobody asks for the headset check again`, (await asked.count()) === 0);
}

/** Forty seconds: her caller is first in the queue after twenty-five, before one who has waited all the while. */
async function tooLong(page: Page, system: System, network: OtherNetwork): Promise<void> {
  const what = "40 s without a wire";
  const passwords = await issueDeskPhones(system, ["agent02"]);
  const talk = await converse(page, system, HER_CALLER);
  network.unplug();
  const unplugged_at = Date.now();
  const waiter = CitizenPhone.call(system.sip, OTHER_CALLER, CITIZEN_SAYS, join(system.data, "waiter.wav"), ["--say-repeat"]);
  const colleague = CitizenPhone.start([
    ...["register", "--user", "agent02", "--registrar", `sip:${system.sip}`, "--domain", "hotline.local"],
    ...["--password-file", passwords, "--headset-check", "--say", AGENT_SAYS, "--say-repeat", "--answer-after-ms", "300"],
    ...["--hangup-after-ms", "4000", "--calls", "2"],
  ]);
  const own = await Api.signIn(system.base, "agent01");
  await until(`${what}: she is Not-Ready`, 30_000, async () => {
    const { state } = await own.get<AgentView>("/agent/me");
    return state.name === "not_ready" ? state : undefined;
  });
  const returned_ms = Date.now() - unplugged_at;
  check(`${what}: after 25 s her caller is in the queue again`, returned_ms > 24_000 && returned_ms < 28_000, returned_ms);
  await makeReady(await Api.signIn(system.base, "agent02"));
  const taken = await colleague.reports();
  const order = taken.map((report) => report.from);
  check(`${what}: the returned caller is first`, order.join() === [HER_CALLER, OTHER_CALLER].join(), order);
  const report = await talk.citizen.report();
  check(`${what}: her caller was not dropped`, report.outcome === "answered" && (report.talk_ms ?? 0) > 30_000, report.talk_ms);
  await waiter.report();
  await pause(Math.max(0, unplugged_at + 40_000 - Date.now()));
  network.plugIn();
  await waitForState(page, "not_ready", 30_000);
  const rows = await endedCalls(await Api.signIn(system.base, "supervisor01"), 1);
  const hers = rows.filter((row) => row.caller === HER_CALLER);
  check(`${what}: the call is one call`, hers.length === 1 && hers[0]?.outcome === "answered", hers.length);
}
