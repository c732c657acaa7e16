/**
 * An agent's seat on another machine: she opens the page over HTTPS by the hotline's name, trusting the local authority,
 * and talks. Behind a firewall that stops UDP her headset check fails, Ready is refused, and the page says why.
 */

import { join } from "node:path";

import type { Page } from "playwright-core";

import { launch } from "../lib/browser.ts";
import { check, skip } from "../lib/checks.ts";
import { id, openPage, signIn } from "../lib/console.ts";
import { giveEars, heard, listen } from "../lib/ears.ts";
import { NAME, OtherNetwork } from "../lib/other-network.ts";
import { CitizenPhone, correlate } from "../lib/phone.ts";
import { answer, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, ROOT, type Store, System } from "../lib/system.ts";

const LIKENESS_MIN = 0.8;
const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");

export async function otherNetwork(store: Store): Promise<void> {
  if (!OtherNetwork.allowed()) return skip("a seat on another network", "network namespaces need root");
  const network = OtherNetwork.make();
  try {
    const environment = { HOTLINE__TLS__NAMES: NAME, HOTLINE__HTTP__BIND: "0.0.0.0" };
    const system = await System.start({ store, advertise: network.address, environment });
    try {
      await seatElsewhere(system, network);
    } catch (error) {
      console.log(system.logs());
      throw error;
    } finally {
      await system.stop();
    }
  } finally {
    network.remove();
  }
}

async function seatElsewhere(system: System, network: OtherNetwork): Promise<void> {
  const there = network.chromium(join(system.data, "home"), join(system.data, "tls/ca.pem"));
  const browser = await launch({ microphone: AGENT_SAYS, executable: there.executable, more_args: there.args });
  try {
    const { page } = await openPage(browser, { trust_everything: false, plain_voice: true });
    await giveEars(page);
    const base = `https://${NAME}:${system.ports.https}`;
    await signIn(page, base, { username: "agent01", password: PASSWORD });
    check("the page is open over HTTPS by name", page.url().startsWith(`${base}/agent`), page.url());
    const secure = await page.evaluate(() => globalThis.isSecureContext);
    check("the browser trusts the local authority", secure, secure);
    await blockedPackets(page, network);
    await talk(page, system);
  } finally {
    await browser.close();
  }
}

async function blockedPackets(page: Page, network: OtherNetwork): Promise<void> {
  network.blockUdp();
  const refused = await headsetCheck(page);
  const dropped = network.blocked();
  network.unblockUdp();
  check("the headset check fails while UDP is blocked", !refused.proved && dropped > 0, { dropped });
  check("the page says why", refused.text.includes("UDP"), refused.text);
  const disabled = await id(page, "state-ready").isDisabled();
  check("Ready cannot be chosen", disabled, disabled);
}

async function talk(page: Page, system: System): Promise<void> {
  const checked = await headsetCheck(page);
  check("without the firewall it passes", checked.proved, checked);
  await goReady(page);
  const citizen_heard = join(system.data, "citizen-heard.wav");
  const more = ["--say-repeat", "--max-seconds", "60"];
  const citizen = CitizenPhone.call(system.sip, "13800000002", CITIZEN_SAYS, citizen_heard, more);
  await waitForOffer(page);
  await listen(page);
  await answer(page);
  await page.waitForTimeout(20_000);
  const agent_heard = join(system.data, "agent-heard.wav");
  await heard(page, agent_heard);
  await hangUp(page);
  await waitForState(page, "wrap_up");
  const report = await citizen.report();
  check("the call was answered", report.outcome === "answered", { wait_ms: report.wait_ms });
  const both = { agent: correlate(CITIZEN_SAYS, agent_heard), citizen: correlate(AGENT_SAYS, citizen_heard) };
  check("the agent heard the citizen across the network", both.agent.peak >= LIKENESS_MIN, both.agent);
  check("the citizen heard the agent across the network", both.citizen.peak >= LIKENESS_MIN, both.citizen);
}
