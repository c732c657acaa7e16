/** Searching the tree by words, with the keyboard: what is typed, what was found, which one is marked. */

import { onScopeDispose, ref } from "vue";

import { api } from "@/shared/api";
import type { CategoryHit } from "@/shared/api.types";
import { sayProblem } from "@/shared/say";

const PAUSE_MS = 120;

export function useCategorySearch(choose: (hit: CategoryHit) => void) {
  const text = ref("");
  const hits = ref<CategoryHit[]>([]);
  const marked = ref(0);
  const open = ref(false);
  const nothing = ref(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  let asked = 0;

  async function search(): Promise<void> {
    const mine = ++asked;
    const q = text.value.trim();
    if (q === "") {
      close();
      return;
    }
    try {
      const found = (await api.categories(q)).items;
      // A slow answer to an earlier word must not replace the newer one.
      if (mine !== asked) return;
      hits.value = found;
      marked.value = 0;
      nothing.value = found.length === 0;
      open.value = true;
    } catch (thrown) {
      if (mine === asked) sayProblem(thrown);
    }
  }

  function typed(value: string): void {
    text.value = value;
    clearTimeout(timer);
    timer = setTimeout(() => void search(), PAUSE_MS);
  }

  function close(): void {
    open.value = false;
    hits.value = [];
    nothing.value = false;
  }

  function pick(hit: CategoryHit | undefined): void {
    if (hit === undefined) return;
    asked += 1;
    text.value = "";
    close();
    choose(hit);
  }

  /** Arrows, Enter and Escape; says whether the key was used. */
  function key(name: string): boolean {
    if (!open.value) return false;
    const count = hits.value.length;
    if (name === "ArrowDown" && count > 0) marked.value = (marked.value + 1) % count;
    else if (name === "ArrowUp" && count > 0) marked.value = (marked.value + count - 1) % count;
    else if (name === "Enter") pick(hits.value[marked.value]);
    else if (name === "Escape") close();
    else return false;
    return true;
  }

  onScopeDispose(() => {
    clearTimeout(timer);
  });
  return { text, hits, marked, open, nothing, typed, key, pick, close };
}
