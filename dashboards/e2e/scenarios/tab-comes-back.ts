/**
 * What happens to a tab during a call (R17): it dies and is opened again, the laptop sleeps, another tab takes over.
 * For each: what the caller heard, what the agent's page said, what the supervisor saw, and when.
 */

import { join } from "node:path";

import type { Browser, BrowserContext, Page } from "playwright-core";

import { Api } from "../lib/api.ts";
import { launch } from "../lib/browser.ts";
import { check } from "../lib/checks.ts";
import { id, openPage, signIn } from "../lib/console.ts";
import { CitizenPhone, correlate } from "../lib/phone.ts";
import { descendants, signal } from "../lib/processes.ts";
import { answer, goReady, hangUp, headsetCheck, waitForOffer, waitForState } from "../lib/softphone.ts";
import { PASSWORD, pause, ROOT, type Store, System, until } from "../lib/system.ts";
import { part } from "../lib/wav.ts";

const CITIZEN_SAYS = join(ROOT, "prompts/callers/call_08_street_lamp.wav");
const AGENT_SAYS = join(ROOT, "prompts/callers/call_12_suggestion_bus.wav");
const MUSIC = join(ROOT, "prompts/system/hold_music.wav");
const LIKENESS_MIN = 0.8;
/** The gateway tells after 2 s that nothing comes from a phone. */
const LOST_LIMIT_MS = 3_000;
const ASLEEP_MS = 15_000;
/** How long both speak before she hangs up. A browser that was stopped catches up for some seconds. */
const SPEECH_MS = 14_000;
/** What is listened to of it: the end. */
const LISTENED_MS = 6_000;

export async function tabComesBack(store: Store): Promise<void> {
  const system = await System.start({ store, environment: { HOTLINE__ACD__WRAP_UP_MS: "1000" } });
  const browser = await launch({ microphone: AGENT_SAYS });
  try {
    const seat = await Seat.take(system, browser);
    await asleep(seat);
    await secondTab(seat);
    await killed(seat);
  } catch (error) {
    console.log(system.logs());
    throw error;
  } finally {
    await browser.close();
    await system.stop();
  }
}

/** What the supervisor's page shows of an agent, and since when. */
interface Seen {
  at_ms: number;
  state: string;
}

interface Shown {
  username: string;
  state: { name: string; phase?: string };
}

/** One agent, her browser, and a supervisor who watches. */
class Seat {
  private watching = false;
  private readonly seen: Seen[] = [];

  private constructor(
    readonly system: System,
    readonly context: BrowserContext,
    public page: Page,
    private readonly supervisor: Api,
  ) {}

  static async take(system: System, browser: Browser): Promise<Seat> {
    const { page } = await openPage(browser, { plain_voice: true });
    await signIn(page, system.base, { username: "agent01", password: PASSWORD });
    await headsetCheck(page);
    await goReady(page);
    return new Seat(system, page.context(), page, await Api.signIn(system.base, "supervisor01"));
  }

  /** What the supervisor sees of her now, e.g. `talking/line_lost`. */
  async state(): Promise<string> {
    const agents = await this.supervisor.get<{ items: Shown[] }>("/agents");
    const shown = agents.items.find((one) => one.username === "agent01")?.state;
    if (shown === undefined) return "unseen";
    return shown.phase === undefined ? shown.name : `${shown.name}/${shown.phase}`;
  }

  /** Writes down every change of what the supervisor sees, until `stop`. */
  watch(): Watch {
    const since = Date.now();
    this.watching = true;
    this.seen.length = 0;
    void (async () => {
      while (this.watching) {
        const state = await this.state().catch(() => "unseen");
        if (this.seen.at(-1)?.state !== state) this.seen.push({ at_ms: Date.now() - since, state });
        await pause(100);
      }
    })();
    return {
      since,
      seen: this.seen,
      stop: () => {
        this.watching = false;
        return [...this.seen];
      },
    };
  }

  async talk(number: string): Promise<Talk> {
    const heard = join(this.system.data, `${number}.wav`);
    const citizen = CitizenPhone.call(this.system.sip, number, CITIZEN_SAYS, heard, ["--say-repeat", "--max-seconds", "120"]);
    await waitForOffer(this.page);
    await answer(this.page);
    // The greeting and the notice are over.
    await pause(9_000);
    return { citizen, heard };
  }
}

interface Watch {
  since: number;
  /** Grows while she is watched. */
  seen: readonly Seen[];
  stop(): Seen[];
}

interface Talk {
  citizen: CitizenPhone;
  heard: string;
}

/** When the supervisor saw that the line was lost, and that it was back. */
function lostAndBack(seen: readonly Seen[]): { lost_ms: number | null; back_ms: number | null } {
  const lost = seen.find((one) => one.state === "talking/line_lost");
  const back = seen.find((one) => lost !== undefined && one.at_ms > lost.at_ms && one.state === "talking");
  return { lost_ms: lost?.at_ms ?? null, back_ms: back?.at_ms ?? null };
}

async function back(watch: Watch, what: string, limit_ms: number): Promise<void> {
  await until(`${what}: the line is back`, limit_ms, () => (lostAndBack(watch.seen).back_ms === null ? undefined : true));
}

/** Both speak again for a while; then she hangs up, and what the citizen heard is looked at. */
async function finish(seat: Seat, talk: Talk, what: string, music: { length_ms: number; ended_before_ms: number } | null): Promise<void> {
  await pause(SPEECH_MS);
  await hangUp(seat.page);
  const report = await talk.citizen.report();
  check(`${what}: the citizen was not dropped`, report.outcome === "answered" && report.ended_by === "remote", report.talk_ms);
  const voice = correlate(part(talk.heard, 0, LISTENED_MS), AGENT_SAYS);
  check(`${what}: the citizen hears the agent again`, voice.peak >= LIKENESS_MIN, voice);
  if (music !== null) {
    const between = correlate(part(talk.heard, music.ended_before_ms, music.length_ms), MUSIC);
    check(`${what}: the citizen heard music meanwhile`, between.peak >= LIKENESS_MIN, between);
  }
  await waitForState(seat.page, "ready", 15_000);
}

async function asleep(seat: Seat): Promise<void> {
  const what = "asleep for 15 s";
  const talk = await seat.talk("13815000001");
  const browser = descendants("chrom");
  check(`${what}: there are processes to stop`, browser.length > 3, browser.length);
  const watch = seat.watch();
  signal(browser, "SIGSTOP");
  await pause(ASLEEP_MS);
  const woken_ms = Date.now() - watch.since;
  signal(browser, "SIGCONT");
  await back(watch, what, 10_000);
  const back_at = Date.now();
  await waitForState(seat.page, "talking", 5_000);
  const seen = watch.stop();
  const { lost_ms, back_ms } = lostAndBack(seen);
  check(`${what}: the supervisor sees it within 3 s`, lost_ms !== null && lost_ms <= LOST_LIMIT_MS, seen);
  check(`${what}: awake, the line is back`, back_ms !== null && back_ms >= woken_ms, { after_ms: (back_ms ?? 0) - woken_ms });
  const since_back_ms = Date.now() - back_at + SPEECH_MS;
  // The notice comes first; the last seconds before she is back are music.
  await finish(seat, talk, what, { length_ms: 5_000, ended_before_ms: since_back_ms + 1_500 });
}

async function secondTab(seat: Seat): Promise<void> {
  const what = "a second tab takes over during a call";
  const talk = await seat.talk("13815000002");
  const second = await seat.context.newPage();
  await second.goto(`${seat.system.base}/agent`);
  const watch = seat.watch();
  // While she talks, the call itself is what a new tab shows; the softphone is asked for beside it.
  await id(second, "softphone-here").click();
  await id(second, "take-over-yes").click();
  await id(seat.page, "softphone-taken-over").waitFor();
  const first = seat.page;
  seat.page = second;
  await waitForState(second, "talking", 10_000);
  await until(`${what}: the sound is here`, 15_000, async () => ((await seat.state()) === "talking" ? true : undefined));
  check(`${what}: the first says so`, true, await id(first, "softphone-taken-over").textContent());
  const seen = watch.stop();
  check(`${what}: the supervisor sees her talk all the while`, seen.every((one) => one.state.startsWith("talking")), seen);
  await first.close();
  await finish(seat, talk, what, null);
}

async function killed(seat: Seat): Promise<void> {
  const what = "tab killed and opened again";
  const talk = await seat.talk("13815000003");
  const watch = seat.watch();
  await seat.page.close();
  // Long enough for the notice and some music.
  await pause(10_000);
  seat.page = await seat.context.newPage();
  const opened_ms = Date.now() - watch.since;
  await seat.page.goto(`${seat.system.base}/agent`);
  await back(watch, what, 20_000);
  const back_at = Date.now();
  await waitForState(seat.page, "talking", 5_000);
  const seen = watch.stop();
  const { lost_ms, back_ms } = lostAndBack(seen);
  check(`${what}: the supervisor sees it within 3 s`, lost_ms !== null && lost_ms <= LOST_LIMIT_MS, seen);
  check(`${what}: the call is back in the new tab`, back_ms !== null && back_ms > opened_ms, { after_ms: (back_ms ?? 0) - opened_ms });
  const since_back_ms = Date.now() - back_at + SPEECH_MS;
  await finish(seat, talk, what, { length_ms: 4_000, ended_before_ms: since_back_ms + 1_500 });
}
