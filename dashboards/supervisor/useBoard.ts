/** The board: loaded once, then live; and the samples of the trend since this page was opened. */

import { onMounted, onUnmounted, ref } from "vue";

import { api } from "@/shared/api";
import type { AgentView, Board } from "@/shared/api.types";
import { useLive } from "@/shared/live";
import { asProblem } from "@/shared/problem";
import { sayProblem } from "@/shared/say";

const SAMPLE_EVERY_MS = 5_000;
const SAMPLES_MAX = 720;

export interface Sample {
  at: number;
  k1_ppm: number | null;
  k2b_ppm: number | null;
}

/** Adds a sample, not more often than every 5 seconds, and forgets the oldest. */
export function withSample(samples: Sample[], board: Board): Sample[] {
  const at = Date.parse(board.at);
  const last = samples.at(-1);
  if (last !== undefined && at - last.at < SAMPLE_EVERY_MS) return samples;
  const next = [...samples, { at, k1_ppm: board.k1.rate_ppm, k2b_ppm: board.k2b.rate_ppm }];
  return next.slice(-SAMPLES_MAX);
}

export function useBoard() {
  const live = useLive();
  const board = ref<Board | null>(null);
  const samples = ref<Sample[]>([]);
  const agents = ref<AgentView[]>([]);
  let ends: (() => void)[] = [];

  function take(next: Board): void {
    board.value = next;
    samples.value = withSample(samples.value, next);
  }

  async function loadAgents(): Promise<void> {
    try {
      agents.value = (await api.agents()).items;
    } catch (thrown) {
      // Leaders may see the figures and not the people.
      if (asProblem(thrown).status !== 403) sayProblem(thrown);
    }
  }

  async function load(): Promise<void> {
    try {
      take(await api.board());
    } catch (thrown) {
      sayProblem(thrown);
    }
    await loadAgents();
  }

  function takeAgent(next: AgentView): void {
    const index = agents.value.findIndex((one) => one.agent === next.agent);
    if (index >= 0) agents.value[index] = next;
    else agents.value.push(next);
  }

  onMounted(() => {
    ends = [
      live.on("board", (data) => {
        take(data as Board);
      }),
      live.on("agent_state", (data) => {
        takeAgent(data as AgentView);
      }),
      live.on("resync", () => void load()),
    ];
    live.connect();
    void load();
  });
  onUnmounted(() => {
    for (const end of ends) end();
  });

  return { board, samples, agents };
}
