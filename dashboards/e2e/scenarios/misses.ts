/**
 * Three missed calls of different cause, staged in a running hotline (S8): nobody is ready and the caller gives up; an
 * agent does not pick up and the next one does, too late; an agent refuses and the reserve saves the call late. The
 * supervisor opens each of them on her page, by click and by key, and reads what happened.
 */

import type { Page } from "playwright-core";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check } from "../lib/checks.ts";
import { id, openPage, picture, signIn } from "../lib/console.ts";
import { allCalls, type CallRow, issueDeskPhones, makeReady } from "../lib/desk-phones.ts";
import { type CallReport, CitizenPhone } from "../lib/phone.ts";
import { PASSWORD, pause, type Store, System, until } from "../lib/system.ts";

/** Each caller has a number of her own, by which her row is found. */
const NOBODY = "13810000001";
const UNANSWERED = "13810000002";
const REFUSED = "13810000003";

/** How long a phone rings before the next one does. */
const RING_S = 9;
/** How long agent03 looks at the offer before she refuses it. */
const REFUSED_AFTER_MS = 2_000;
/** From which wait a call is a breach. */
const TARGET_MS = 15_000;
/** How far a moment on the page may lie from where it was staged: phones, processes and a busy machine. */
const SLACK_MS = 1_500;
/** How far the page's wait may lie from the caller's own clock. */
const WAIT_SLACK_MS = 1_000;

/** Names of the sample county. */
const NAMES: Record<string, string> = { agent01: "陈晓雨", agent02: "王静", agent03: "李敏", agent08: "周强" };

export async function misses(store: Store): Promise<void> {
  const system = await System.start({
    store,
    // A longer ring than usual, so that the second agent can be late; one unanswered ring makes an agent stand down.
    environment: {
      HOTLINE__ACD__WRAP_UP_MS: "300",
      HOTLINE__ACD__RING_LIMIT_MS: String(RING_S * 1_000),
      HOTLINE__ACD__LAPSES_MAX: "1",
    },
  });
  const browser = await launch();
  try {
    const passwords = await issueDeskPhones(system, Object.keys(NAMES));
    const { page, faults } = await openPage(browser);
    await signIn(page, system.base, { username: "supervisor01", password: PASSWORD }, "/supervisor");
    // The sign-in page has asked who is there: nobody, a 401.
    faults.length = 0;
    await nobodyReady(system, page);
    await unanswered(system, page, passwords);
    await refused(system, page, passwords);
    await otherPeople(system);
    check("the page has no faults", faults.length === 0, faults);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await browser.close();
    await CitizenPhone.stopAll();
    await system.stop();
  }
}

/** A step as the page shows it. */
interface Told {
  cause: string;
  at_ms: number;
  sentence: string;
}

/** (a) Nobody has signed in: the caller waits 17 seconds and gives up. */
async function nobodyReady(system: System, page: Page): Promise<void> {
  const report = await call(system, NOBODY, ["--cancel-after-ms", "17000"]).report();
  check("nobody ready: the caller gave up", report.outcome === "cancelled", report);
  const row = await rowOf(system, NOBODY);
  const told = await read(page, row.call, "click");
  await picture(page, "supervisor-explanation-nobody-ready");
  const causes = told.map((step) => step.cause).filter((cause) => cause !== "second_agent_sought" && cause !== "reserve_opened");
  check("nobody ready: that and the end are told", causes.join() === "nobody_ready,given_up", told);
  const waited = told.find((step) => step.cause === "nobody_ready")?.sentence ?? "";
  const span_s = Number(/^0\.0 秒起无人就绪 ([\d.]+) 秒$/.exec(waited)?.[1] ?? Number.NaN);
  check("nobody ready: for as long as she waited", Math.abs(span_s * 1_000 - row.wait_ms) <= 200, waited);
  check("nobody ready: the last sentence", told.at(-1)?.sentence.endsWith("市民挂断") === true, told.at(-1)?.sentence);
  near("nobody ready: she hung up when she did", told.at(-1)?.at_ms, 17_000);
  await close(page);
}

/** (b) agent01's phone rings and she does not pick up; agent02's rings from the eighth second on, and she takes her time. */
async function unanswered(system: System, page: Page, passwords: string): Promise<void> {
  const phones = [
    desk(system, passwords, "agent01", ["--answer-after-ms", "60000"]),
    desk(system, passwords, "agent02", ["--answer-after-ms", "8500"]),
  ];
  const first = await Api.signIn(system.base, "agent01");
  const second = await Api.signIn(system.base, "agent02");
  // Who has been ready for longer is rung first.
  await makeReady(first);
  await makeReady(second);
  const citizen = call(system, UNANSWERED, ["--max-seconds", "20", "--ring-limit-seconds", "40"]);
  const report = await answered(citizen, system);
  const row = await rowOf(system, UNANSWERED);
  const told = await read(page, row.call, "enter");
  await picture(page, "supervisor-explanation-unanswered");
  const first_ring = told.find((step) => step.cause === "rang");
  const rang_at_once = first_ring?.sentence.endsWith(` 座席 ${NAMES.agent01} 振铃`) === true && first_ring.at_ms < 1_000;
  check("unanswered: whose phone rang first, at once", rang_at_once, told);
  const lapse = told.find((step) => step.cause === "no_answer");
  check("unanswered: that she did not pick up", lapse?.sentence.endsWith(`座席 ${NAMES.agent01} 未接(振铃 ${RING_S} 秒)`) === true, lapse);
  near("unanswered: when her ring was over", lapse?.at_ms, RING_S * 1_000);
  const asked = told.find((step) => step.cause === "second_agent_sought");
  near("unanswered: a second agent was asked at 8 s", asked?.at_ms, 8_000);
  const other = told.find((step) => step.cause === "rang_beside");
  check("unanswered: whose phone rang beside hers", other?.sentence.endsWith(`座席 ${NAMES.agent02} 同时振铃`) === true, other);
  const last = told.at(-1);
  check("unanswered: who answered", last?.sentence.endsWith(`座席 ${NAMES.agent02} 接起`) === true, last);
  check("unanswered: after 15 s", (last?.at_ms ?? 0) > TARGET_MS, last);
  sameWait("unanswered", last, report);
  await close(page);
  await away([first, second], phones);
}

/** (c) agent03 refuses; nobody else is ready, the reserve is opened, and answers late. */
async function refused(system: System, page: Page, passwords: string): Promise<void> {
  const phones = [
    desk(system, passwords, "agent03", ["--answer-after-ms", "60000"]),
    desk(system, passwords, "agent08", ["--answer-after-ms", "4500"]),
  ];
  const agent = await Api.signIn(system.base, "agent03");
  const reserve = await Api.signIn(system.base, "agent08");
  await makeReady(agent);
  await makeReady(reserve);
  const citizen = call(system, REFUSED, ["--max-seconds", "20", "--ring-limit-seconds", "40"]);
  await ringing(agent);
  await pause(REFUSED_AFTER_MS);
  await agent.post("/agent/me/reject_offer", {});
  // She does not come back to the call that she has refused.
  await agent.post("/agent/me/not_ready", { reason: "busy" });
  const report = await answered(citizen, system);
  const row = await rowOf(system, REFUSED);
  const told = await read(page, row.call, "click");
  await picture(page, "supervisor-explanation-refused");
  const fault = told.find((step) => step.cause === "refused");
  check("refused: who did", fault?.sentence.endsWith(`座席 ${NAMES.agent03} 拒接`) === true, told);
  near("refused: when she did", fault?.at_ms, REFUSED_AFTER_MS);
  const gap = told.find((step) => step.cause === "nobody_ready");
  check("refused: from then on nobody was ready", gap?.at_ms === fault?.at_ms && gap?.sentence.includes("起无人就绪") === true, gap);
  const opened = told.find((step) => step.cause === "reserve_opened");
  check("refused: the reserve was opened", opened?.sentence.endsWith("启用后备座席") === true, opened);
  near("refused: at 12 s", opened?.at_ms, 12_000);
  const rang = told.find((step) => step.cause === "rang" && step.at_ms > 11_000);
  check("refused: the reserve's phone rang", rang?.sentence.endsWith(`座席 ${NAMES.agent08} 振铃`) === true, rang);
  const last = told.at(-1);
  check("refused: the reserve answered", last?.sentence.endsWith(`座席 ${NAMES.agent08} 接起`) === true, last);
  check("refused: after 15 s", (last?.at_ms ?? 0) > TARGET_MS, last);
  sameWait("refused", last, report);
  await close(page);
  await away([agent, reserve], phones);
}

/** Explanations are for leaders; agents are refused, and nobody sees the whole number. */
async function otherPeople(system: System): Promise<void> {
  const row = await rowOf(system, NOBODY);
  const agent = await (await Api.signIn(system.base, "agent01")).send("GET", `/calls/${row.call}/explanation`);
  check("an agent is refused", agent.status === 403, agent.status);
  const leader = await Api.signIn(system.base, "leader01");
  const { caller } = await leader.get<{ caller: string }>(`/calls/${row.call}/explanation`);
  check("the number is masked", caller === "138****0001", caller);
}

// --- the page ------------------------------------------------------------------------------------

/** Opens a call's explanation from the table, as a person would, and reads it. */
async function read(page: Page, call: string, by: "click" | "enter"): Promise<Told[]> {
  const row = page.locator(`[data-testid="breach-row"][data-call="${call}"]`);
  await row.waitFor({ timeout: 15_000 });
  if (by === "click") await row.click();
  else {
    await row.focus();
    await page.keyboard.press("Enter");
  }
  await page.locator(`[data-testid="explanation"][data-call="${call}"]`).waitFor({ timeout: 10_000 });
  const told: Told[] = [];
  for (const step of await id(page, "explanation-step").all()) {
    told.push({
      cause: (await step.getAttribute("data-cause")) ?? "",
      at_ms: Number(await step.getAttribute("data-at-ms")),
      sentence: (await step.textContent())?.trim() ?? "",
    });
  }
  const times = told.map((step) => step.at_ms);
  check("the steps stand in order of time", times.every((at, index) => index === 0 || at >= (times[index - 1] ?? 0)), times);
  return told;
}

async function close(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await id(page, "explanation").waitFor({ state: "hidden", timeout: 5_000 });
}

// --- people --------------------------------------------------------------------------------------

function call(system: System, from: string, more: string[]): CitizenPhone {
  return CitizenPhone.start(["call", `sip:12345@${system.sip}`, "--from", from, "--tone-hz", "700", ...more]);
}

function desk(system: System, passwords: string, username: string, more: string[]): CitizenPhone {
  return CitizenPhone.start([
    ...["register", "--user", username, "--registrar", `sip:${system.sip}`, "--domain", "hotline.local", "--expires-seconds", "10"],
    ...["--password-file", passwords, "--headset-check", "--tone-hz", "500", ...more],
  ]);
}

/** When her phone was first seen to ring. */
async function ringing(api: Api): Promise<number> {
  return until("her phone rings", 10_000, async () => {
    const { state } = await api.get<{ state: { name: string } }>("/agent/me");
    return state.name === "ringing" ? Date.now() : undefined;
  });
}

/** The caller's report; she hangs up two seconds after she was answered. */
async function answered(citizen: CitizenPhone, system: System): Promise<CallReport> {
  const supervisor = await Api.signIn(system.base, "supervisor01");
  await until("the call is answered", 40_000, async () => {
    const rows = await allCalls(supervisor);
    return rows.some((row) => row.state === "talking") ? true : undefined;
  });
  await pause(2_000);
  citizen.hangUp();
  return citizen.report();
}

async function away(people: Api[], phones: CitizenPhone[]): Promise<void> {
  await Promise.all(people.map((api) => api.send("POST", "/agent/me/sign_out", {})));
  await Promise.all(phones.map((phone) => phone.stop()));
}

interface MissRow extends CallRow {
  wait_ms: number;
}

/** The record of a caller's only call, once it has ended. */
async function rowOf(system: System, caller: string): Promise<MissRow> {
  const supervisor = await Api.signIn(system.base, "supervisor01");
  return until(`${caller} is recorded`, 20_000, async () => {
    const rows = (await allCalls(supervisor)) as MissRow[];
    return rows.find((row) => row.caller === caller && row.state === "ended");
  });
}

function near(name: string, at_ms: number | undefined, staged_ms: number): void {
  check(name, at_ms !== undefined && Math.abs(at_ms - staged_ms) <= SLACK_MS, { at_ms, staged_ms });
}

/** What the page says she waited is what her own phone has measured. */
function sameWait(name: string, last: Told | undefined, report: CallReport): void {
  const apart = Math.abs((last?.at_ms ?? 0) - (report.wait_ms ?? 0));
  check(`${name}: the wait is the caller's own`, apart <= WAIT_SLACK_MS, { page: last?.at_ms, caller: report.wait_ms });
}
