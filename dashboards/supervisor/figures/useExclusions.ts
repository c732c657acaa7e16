/** Exclusion events: proposing, signing, rejecting. Every change loads the list again. */

import { onMounted, ref } from "vue";

import { sayDone, sayProblem } from "@/shared/say";
import { COMMON } from "@/shared/text";
import { figuresApi } from "@/supervisor/figures/requests";
import { TEXT } from "@/supervisor/figures/text";
import type { Exclusion, ExclusionKind, Proposal } from "@/supervisor/figures/types";

/** What the form holds; times as `datetime-local` writes them. */
export interface ProposalForm {
  kind: ExclusionKind;
  what: string;
  from: string;
  until: string;
}

const localTime = (text: string): string => `${text.length === 16 ? `${text}:00` : text}+08:00`;

/** The proposal, or what is missing. */
export function proposalOf(form: ProposalForm): Proposal | string {
  const what = form.what.trim();
  if (what === "" || form.from === "" || form.until === "") return TEXT.exclusions.missing;
  if (form.from >= form.until) return TEXT.exclusions.turned;
  return { kind: form.kind, what, from: localTime(form.from), until: localTime(form.until) };
}

export function useExclusions(changed: () => void) {
  const exclusions = ref<Exclusion[]>([]);
  const busy = ref(false);

  async function load(): Promise<void> {
    try {
      exclusions.value = (await figuresApi.exclusions()).items;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  async function act(request: () => Promise<unknown>): Promise<boolean> {
    if (busy.value) return false;
    busy.value = true;
    try {
      await request();
      sayDone(COMMON.saved);
      await load();
      changed();
      return true;
    } catch (thrown) {
      sayProblem(thrown);
      return false;
    } finally {
      busy.value = false;
    }
  }

  const propose = (proposal: Proposal): Promise<boolean> => act(() => figuresApi.propose(proposal));
  const approve = (number: number): Promise<boolean> => act(() => figuresApi.approve(number));
  const reject = (number: number, note: string): Promise<boolean> => act(() => figuresApi.reject(number, note));

  onMounted(() => void load());

  return { exclusions, busy, propose, approve, reject };
}
