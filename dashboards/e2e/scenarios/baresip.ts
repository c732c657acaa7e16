/** The citizen's telephone is baresip, a SIP phone that is not ours: the same call, heard on both sides. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check } from "../lib/checks.ts";
import { type CallRow, endedCalls } from "../lib/desk-phones.ts";
import { openPage, signIn } from "../lib/console.ts";
import { giveEars, heard, listen } from "../lib/ears.ts";
import { correlate } from "../lib/phone.ts";
import { answer, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, ROOT, type Store, System, end } from "../lib/system.ts";
import { readWav, writeWav } from "../lib/wav.ts";

const CITIZEN = "13800000003";
const LIKENESS_MIN = 0.8;
const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");

export async function baresip(store: Store): Promise<void> {
  const system = await System.start({ store });
  const browser = await launch({ microphone: AGENT_SAYS });
  let citizen: ChildProcess | null = null;
  try {
    const { page } = await openPage(browser, { plain_voice: true });
    await giveEars(page);
    await signIn(page, system.base, { username: "agent01", password: PASSWORD });
    await headsetCheck(page);
    await goReady(page);
    const folder = configure(system);
    citizen = spawn("baresip", ["-f", folder, "-e", `/dial sip:12345@${system.sip}`, "-t", "60"], { stdio: "ignore" });
    const shown = await waitForOffer(page);
    check("the page rings with baresip's number", shown === CITIZEN, shown);
    await listen(page);
    await answer(page);
    await page.waitForTimeout(22_000);
    const agent_heard = join(system.data, "agent-heard.wav");
    await heard(page, agent_heard);
    await hangUp(page);
    await waitForState(page, "wrap_up");
    const rows = await endedCalls(await Api.signIn(system.base, "supervisor01"), 1);
    checkCall(rows);
    await end(citizen);
    const citizen_heard = dumped(folder);
    const both = { agent: correlate(CITIZEN_SAYS, agent_heard), citizen: correlate(AGENT_SAYS, citizen_heard) };
    check("the agent heard baresip", both.agent.peak >= LIKENESS_MIN, both.agent);
    check("baresip heard the agent", both.citizen.peak >= LIKENESS_MIN, both.citizen);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    if (citizen !== null) await end(citizen);
    await browser.close();
    await system.stop();
  }
}

function checkCall(rows: CallRow[]): void {
  check("the call is answered and recorded", rows[0]?.outcome === "answered" && rows[0].recording !== null, rows[0]?.recording);
}

/** What baresip's sound dump has of the other side. */
function dumped(folder: string): string {
  const name = readdirSync(folder).find((file) => file.endsWith("-dec.wav"));
  if (name === undefined) throw new Error(`baresip has dumped nothing in ${folder}`);
  return join(folder, name);
}

/** A phone without sound card: it says a file and dumps what it hears. */
function configure(system: System): string {
  const folder = join(system.data, "baresip");
  mkdirSync(folder, { recursive: true });
  // Its file source reads nothing but its own rate and does not repeat.
  const once = readWav(CITIZEN_SAYS);
  const samples = new Int16Array(once.samples.length * 4);
  for (let turn = 0; turn < 4; turn += 1) samples.set(once.samples, turn * once.samples.length);
  const says = join(folder, "says.wav");
  writeWav(says, { rate_hz: once.rate_hz, samples });
  const modules = ["account.so", "menu.so", "g711.so", "aufile.so", "aubridge.so", "sndfile.so", "uuid.so"];
  const config = [
    "poll_method epoll",
    "sip_listen 127.0.0.1:0",
    "audio_player aubridge,nil",
    `audio_source aufile,${says}`,
    `ausrc_srate ${once.rate_hz}`,
    "auplay_srate 8000",
    "rtp_ports 36000-36100",
    "net_interface 127.0.0.1",
    `snd_path ${folder}`,
    "module_path /usr/lib/baresip/modules",
    ...modules.map((name) => `module ${name}`),
  ];
  writeFileSync(join(folder, "config"), `${config.join("\n")}\n`);
  writeFileSync(join(folder, "accounts"), `<sip:${CITIZEN}@127.0.0.1>;regint=0;audio_codecs=PCMA\n`);
  return folder;
}
