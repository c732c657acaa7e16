/**
 * Every tab of the agent's and the supervisor's console opens and shows its heading and its data: a missed caller is called
 * back from the work list by keys, an abusive caller is reported and a break follows, training is suspended; the supervisor
 * reads plan, roster, what-if, figures with an exclusion beside the raw ones, and pulls a lever.
 */

import { join } from "node:path";

import type { Page } from "playwright-core";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check, skip } from "../lib/checks.ts";
import { id, openPage, picture, signIn } from "../lib/console.ts";
import { CitizenPhone } from "../lib/phone.ts";
import { answer, goNotReady, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, ROOT, type Store, System, until } from "../lib/system.ts";

/** As the built-in configuration names it. */
const CENTRE = "qingyuan";
const MISSED = "13820000001";
const CALLER = "13820000002";
const SPEECH = join(ROOT, "prompts/callers/call_11_praise.wav");
/** The break after an abusive call. */
const BREAK_S = 20;
/** Calls in each half-hour of a day's busy hours, for the seven weeks that forecasts are made from. */
const BUSY = 6;

export async function consoleTabs(store: Store): Promise<void> {
  const environment = { HOTLINE__ACD__ABUSE_BREAK_MS: String(BREAK_S * 1_000) };
  const system = await System.start({ store, environment });
  const browser = await launch({ microphone: SPEECH });
  try {
    rememberSevenWeeks(system);
    const missed_until = await missCalls(system);
    const supervisor = await openPage(browser);
    await signIn(supervisor.page, system.base, { username: "supervisor01", password: PASSWORD }, "/supervisor");
    const agent = await openPage(browser);
    await signIn(agent.page, system.base, { username: "agent01", password: PASSWORD }, "/agent");
    // The sign-in page has asked who is there: nobody, a 401.
    for (const { faults } of [supervisor, agent]) faults.length = 0;
    const checked = await headsetCheck(agent.page);
    check("headset check is passed", checked.proved, checked);
    await abuseIsReported(system, agent.page);
    await missedCallerIsCalledBack(system, agent.page);
    await trainingIsSuspended(agent.page, supervisor.page);
    await boardTab(supervisor.page);
    await staffingTab(system, supervisor.page);
    await figuresTab(system, supervisor.page, missed_until);
    const faults = [...agent.faults, ...supervisor.faults];
    check("the pages have no faults", faults.length === 0, faults);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await browser.close();
    await CitizenPhone.stopAll();
    await system.stop();
  }
}

// --- what was before -----------------------------------------------------------------------------

/** Counted days, as the nightly round leaves them: busy from 8 to 18 on workdays, quiet otherwise. */
function rememberSevenWeeks(system: System): void {
  const busy = `at between 16 and 35 and extract(isodow from day) < 6`;
  const sums = "jsonb_build_object('answered', n, 'talked_us', n * 150000000, 'wrap_ups', n, 'wrap_up_us', n * 40000000, 'abandoned', 0, 'waited_us', n * 5000000)";
  system.sql(`
    insert into call_day (centre, day, calls, handling, counted_at)
    select '${CENTRE}', day, jsonb_agg(n order by at), jsonb_agg(${sums} order by at), now()
    from (
      select day, at, case when ${busy} then ${BUSY} + at % 3 else 1 end as n
      from generate_series(0, 47) as at,
        (select (now() at time zone 'Asia/Shanghai')::date - back as day from generate_series(1, 49) as back) as days
    ) as half_hours
    group by day on conflict do nothing`);
}

/** Nobody is ready: the same caller gives up twice. Says when that was over. */
async function missCalls(system: System): Promise<Date> {
  for (let time = 0; time < 2; time += 1) {
    const more = ["--from", MISSED, "--tone-hz", "700", "--cancel-after-ms", "4000"];
    const report = await CitizenPhone.start(["call", `sip:12345@${system.sip}`, ...more]).report();
    check("the caller gave up", report.outcome === "cancelled", report.outcome);
  }
  return new Date();
}

// --- the agent -----------------------------------------------------------------------------------

/** By key during the call; the wrap-up leads to a break that ends by itself. */
async function abuseIsReported(system: System, page: Page): Promise<void> {
  await goReady(page);
  const citizen = CitizenPhone.start(["call", `sip:12345@${system.sip}`, "--from", CALLER, "--tone-hz", "700", "--max-seconds", "60"]);
  await waitForOffer(page);
  await answer(page);
  await page.keyboard.press("Alt+R");
  await id(page, "abuse-reported").waitFor({ timeout: 5_000 });
  await picture(page, "agent-abuse");
  await hangUp(page);
  await waitForState(page, "wrap_up");
  await citizen.report();
  await id(page, "wrap-up-finish").click();
  await id(page, "micro-break-countdown").waitFor({ timeout: 5_000 });
  await picture(page, "agent-micro-break");
  const left = (await id(page, "micro-break-countdown").textContent()) ?? "";
  check("a break follows, with the time left", /00:[01]\d|00:20/.test(left), left);
  await waitForState(page, "ready", (BREAK_S + 5) * 1_000);
  await goNotReady(page);
}

/** Taken up, dialled and registered by keys alone. */
async function missedCallerIsCalledBack(system: System, page: Page): Promise<void> {
  await id(page, "tab-returns").click();
  const duty = id(page, "return-duty");
  await duty.first().waitFor({ timeout: 15_000 });
  const counts = Number(await id(page, "return-counts").getAttribute("data-open"));
  check("the missed caller is owed one call", counts === 1, counts);
  if ((await id(page, "return-night").count()) > 0) {
    skip("calling back", "citizens are not called at night");
    return;
  }
  await page.keyboard.press("Alt+N");
  await id(page, "return-dial").waitFor({ timeout: 5_000 });
  await picture(page, "agent-returns");
  const citizen = CitizenPhone.listen(system.outbound_port, SPEECH, join(system.data, "citizen-heard.wav"));
  await page.keyboard.press("Alt+B");
  await id(page, "call-duration").waitFor({ timeout: 20_000 });
  const shown = await id(page, "call-number").getAttribute("data-number");
  check("her number is shown while she is called back", shown === MISSED, shown);
  const purpose = (await id(page, "call-purpose").textContent()) ?? "";
  check("what the call is for is shown", purpose.trim() === "漏接回拨", purpose);
  await page.keyboard.press("Alt+W");
  await id(page, "wo-form").waitFor({ timeout: 10_000 });
  await hangUp(page);
  await citizen.report();
  await page.locator('[data-testid="state"]:not([data-state="outbound"])').waitFor({ timeout: 20_000 });
  if ((await id(page, "wrap-up-finish").count()) > 0) await id(page, "wrap-up-finish").click();
  await waitForState(page, "not_ready");
}

/** She sits in a training; the lever is pulled by keys. */
async function trainingIsSuspended(page: Page, supervisor: Page): Promise<void> {
  await goNotReady(page, "training");
  await id(page, "state-name").filter({ hasText: "培训" }).waitFor({ timeout: 5_000 });
  await id(supervisor, "rate-controller").scrollIntoViewIfNeeded();
  await id(supervisor, "lever").first().waitFor({ timeout: 15_000 });
  const lever = supervisor.locator('[data-testid="lever"][data-lever="suspend_training"]');
  await lever.locator("[data-testid=lever-act]").focus();
  await supervisor.keyboard.press("Enter");
  await supervisor.locator('[data-testid="lever"][data-lever="suspend_training"][data-state="pulled"]').waitFor({ timeout: 5_000 });
  await picture(supervisor, "supervisor-control");
  await id(page, "training-suspended").waitFor({ timeout: 5_000 });
  await picture(page, "agent-training-suspended");
  await page.keyboard.press("F9");
  await waitForState(page, "ready");
  check("the notice goes with her return", (await id(page, "training-suspended").count()) === 0);
  await lever.locator("[data-testid=lever-act]").click();
  const record = supervisor.locator('[data-testid="lever-record"]');
  await until("pull and undoing are on record", 10_000, async () => ((await record.count()) >= 2 ? true : undefined));
}

// --- the supervisor ------------------------------------------------------------------------------

async function opened(page: Page, tab: string): Promise<void> {
  await id(page, `supervisor-tab-${tab}`).click();
  const name = (await id(page, `supervisor-tab-${tab}`).textContent())?.trim();
  const heading = (await page.getByRole("heading", { level: 1 }).textContent())?.trim();
  check(`the tab ${tab} shows its heading`, heading !== "" && heading === name, heading);
}

/** The board with the missed calls; each tells its wait. */
async function boardTab(page: Page): Promise<void> {
  await opened(page, "board");
  await id(page, "board-k1").waitFor();
  check("the board shows the missed calls", (await id(page, "breach-row").count()) >= 2, await id(page, "breach-row").count());
  await id(page, "breach-row").first().click();
  await id(page, "explanation-step").first().waitFor({ timeout: 5_000 });
  await page.keyboard.press("Escape");
}

async function staffingTab(system: System, page: Page): Promise<void> {
  await opened(page, "staffing");
  await id(page, "staffing-view-day").click();
  await until("the day is forecast", 10_000, async () => {
    const expected = Number((await id(page, "staffing-expected").textContent()) ?? "");
    return expected > 0 ? true : undefined;
  });
  await id(page, "staffing-view-roster").click();
  await id(page, "roster-grid").waitFor({ timeout: 10_000 });
  await fillRoster(page);
  await picture(page, "supervisor-roster");
  await id(page, "staffing-view-day").click();
  await picture(page, "supervisor-staffing");
  await id(page, "staffing-view-what_if").click();
  await id(page, "what-if-move").locator("input").fill("1");
  await id(page, "what-if-ask").click();
  await id(page, "what-if-verdict").waitFor({ timeout: 10_000 });
  await picture(page, "supervisor-what-if");
  await id(page, "staffing-view-adherence").click();
  await id(page, "adherence-row").first().waitFor({ timeout: 10_000 });
  await picture(page, "supervisor-adherence");
  for (const view of ["errors", "standard"]) {
    await id(page, `staffing-view-${view}`).click();
    await id(page, `${view}-view`).waitFor({ timeout: 10_000 });
    await picture(page, `supervisor-${view}`);
  }
  const watcher = await Api.signIn(system.base, "inspector01");
  const refused = await watcher.send("PUT", "/staffing/roster", { entries: [] });
  check("who only looks on changes no roster", refused.status === 403, refused.status);
}

/** Gives shifts of today by digits and arrows, and saves. */
async function fillRoster(page: Page): Promise<void> {
  const today = await id(page, "staffing-day").inputValue();
  for (const [name, digit] of [["agent01", "1"], ["agent02", "1"], ["agent03", "2"], ["agent04", "3"]] as const) {
    await id(page, `roster-${name}-${today}`).click();
    await page.keyboard.press(digit);
  }
  check("changes wait to be saved", ((await id(page, "roster-changes").textContent()) ?? "").includes("4"));
  await page.keyboard.press("Control+S");
  await id(page, "roster-changes").waitFor({ state: "detached", timeout: 5_000 });
}

/** The readings with their formulas; an exclusion of two signatures stands beside the raw figure. */
async function figuresTab(system: System, page: Page, missed_until: Date): Promise<void> {
  await opened(page, "figures");
  await id(page, "figures-k1").waitFor({ timeout: 15_000 });
  const whole = Number(await id(page, "figures-k1").getAttribute("data-whole"));
  check("the figures count every call", whole === 3, whole);
  const readings = await id(page, "reading-row").count();
  check("the readings stand side by side", readings >= 11, readings);
  await picture(page, "supervisor-figures");
  await exclude(system, missed_until);
  await page.reload();
  await id(page, "supervisor-tab-figures").click();
  await id(page, "figures-k1-marked").waitFor({ timeout: 15_000 });
  const raw = Number(await id(page, "figures-k1").getAttribute("data-whole"));
  check("the raw figure stays", raw === whole, raw);
  await picture(page, "supervisor-figures-marked");
  await id(page, "exclusion-row").first().scrollIntoViewIfNeeded();
  await picture(page, "supervisor-exclusions");
}

/** Proposed by one person and signed by another: the calls that were missed before anybody was there. */
async function exclude(system: System, until_at: Date): Promise<void> {
  const leader = await Api.signIn(system.base, "leader01");
  const supervisor = await Api.signIn(system.base, "supervisor01");
  const span = { from: new Date(until_at.getTime() - 3_600_000).toISOString(), until: until_at.toISOString() };
  const proposal = { kind: "system_fault", what: "中继故障演练", ...span };
  const { number } = await leader.post<{ number: number }>("/figures/exclusions", proposal);
  await supervisor.post(`/figures/exclusions/${number}/approve`, {});
}
