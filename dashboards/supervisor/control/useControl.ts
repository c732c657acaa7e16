/** 达标控制: loaded at once, after each word, when something was decided, and every 15 seconds for the outlook. */

import { onMounted, onUnmounted, ref } from "vue";

import { useLive } from "@/shared/live";
import { asProblem } from "@/shared/problem";
import { sayDone, sayProblem } from "@/shared/say";
import { requests } from "@/supervisor/control/requests";
import { TEXT } from "@/supervisor/control/text";
import type { Control, LeverId, LeverWord, Mode } from "@/supervisor/control/types";

const LOAD_EVERY_MS = 15_000;
/** The controller runs on another node, or starts. */
const AWAY = 503;

export function useControl() {
  const live = useLive();
  const control = ref<Control | null>(null);
  let ends: (() => void)[] = [];
  let loads: ReturnType<typeof setInterval> | undefined;

  async function load(): Promise<void> {
    try {
      control.value = await requests.control();
    } catch (thrown) {
      control.value = null;
      if (asProblem(thrown).status !== AWAY) sayProblem(thrown);
    }
  }

  async function say(lever: LeverId, word: LeverWord): Promise<void> {
    try {
      control.value = await requests.say(lever, word);
      sayDone(TEXT.done[word]);
    } catch (thrown) {
      sayProblem(thrown);
      await load();
    }
  }

  async function setMode(lever: LeverId, mode: Mode): Promise<void> {
    try {
      control.value = await requests.setMode(lever, mode, control.value?.version ?? 0);
    } catch (thrown) {
      sayProblem(thrown);
      await load();
    }
  }

  onMounted(() => {
    ends = [live.on("rate_controller", () => void load()), live.on("resync", () => void load())];
    loads = setInterval(() => void load(), LOAD_EVERY_MS);
    void load();
  });
  onUnmounted(() => {
    clearInterval(loads);
    for (const end of ends) end();
  });

  return { control, say, setMode };
}
