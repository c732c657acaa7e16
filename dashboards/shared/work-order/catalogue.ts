/** The category tree, loaded once, and the way from a code back to its path. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { api } from "@/shared/api";
import type { CategoryHit, CategoryNode } from "@/shared/api.types";

export function pathIn(tree: CategoryNode[], code: string): string[] {
  for (const node of tree) {
    if (node.code === code) return [node.label];
    const below = pathIn(node.children, code);
    if (below.length > 0) return [node.label, ...below];
  }
  return [];
}

export const useCatalogue = defineStore("catalogue", () => {
  const tree = ref<CategoryNode[]>([]);
  let loading: Promise<void> | null = null;

  async function loadTree(): Promise<void> {
    tree.value = (await api.categoryTree()).items;
  }

  /** Loads the tree at the first wish for it. */
  async function ensure(): Promise<void> {
    loading ??= loadTree();
    try {
      await loading;
    } catch (thrown) {
      loading = null;
      throw thrown;
    }
  }

  const path = (code: string): string[] => pathIn(tree.value, code);

  /** The search's entry of a leaf picked from the tree, which knows its defaults. */
  async function hit(code: string): Promise<CategoryHit | null> {
    await ensure();
    const label = path(code).at(-1);
    if (label === undefined) return null;
    return (await api.categories(label)).items.find((item) => item.code === code) ?? null;
  }

  return { tree, ensure, path, hit };
});
