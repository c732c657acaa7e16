/** The category tree: all leaves, loaded once, and the way from a code back to its path and defaults. */

import { defineStore } from "pinia";
import { computed, ref } from "vue";

import { api } from "@/shared/api";
import type { CategoryHit } from "@/shared/api.types";

export interface CategoryNode {
  code: string;
  label: string;
  children?: CategoryNode[];
}

/** The tree of the leaves' paths, in the order of the leaves. */
export function treeOf(leaves: CategoryHit[]): CategoryNode[] {
  const roots: CategoryNode[] = [];
  for (const leaf of leaves) {
    let level = roots;
    for (const label of leaf.path.slice(0, -1)) {
      let node = level.find((one) => one.children !== undefined && one.label === label);
      if (node === undefined) {
        node = { code: `${leaf.code}:${label}`, label, children: [] };
        level.push(node);
      }
      level = node.children ?? [];
    }
    level.push({ code: leaf.code, label: leaf.label });
  }
  return roots;
}

export const useCatalogue = defineStore("catalogue", () => {
  const leaves = ref<CategoryHit[]>([]);
  const tree = computed(() => treeOf(leaves.value));
  let loading: Promise<void> | null = null;

  async function load(): Promise<void> {
    leaves.value = (await api.categoryLeaves()).items;
  }

  /** Loads the tree at the first wish for it. */
  async function ensure(): Promise<void> {
    loading ??= load();
    try {
      await loading;
    } catch (thrown) {
      loading = null;
      throw thrown;
    }
  }

  const leaf = (code: string | null | undefined): CategoryHit | null =>
    leaves.value.find((one) => one.code === code) ?? null;

  return { tree, ensure, leaf };
});
