/** The closed vocabularies of the server: pages show these labels and no others. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { api } from "@/shared/api";
import type { TownItem, UnitItem, Word } from "@/shared/api.types";
import { sayProblem } from "@/shared/say";

export const useWords = defineStore("words", () => {
  const lists = ref<Record<string, Word[]>>({});
  const units = ref<UnitItem[]>([]);
  const towns = ref<TownItem[]>([]);

  async function load(): Promise<void> {
    try {
      const [words, unitPage, townPage] = await Promise.all([api.words(), api.units(), api.towns()]);
      lists.value = words;
      units.value = unitPage.items;
      towns.value = townPage.items;
    } catch (thrown) {
      sayProblem(thrown);
    }
  }

  const list = (name: string): Word[] => lists.value[name] ?? [];

  /** The label of a code; the code itself when the server does not know it. */
  function label(name: string, code: string | null | undefined): string {
    if (code === null || code === undefined) return "—";
    return list(name).find((word) => word.code === code)?.label ?? code;
  }

  const unitLabel = (code: string | null | undefined): string =>
    units.value.find((unit) => unit.code === code)?.name ?? code ?? "—";
  const townLabel = (code: string | null | undefined): string =>
    towns.value.find((town) => town.code === code)?.name ?? code ?? "";

  return { units, towns, load, list, label, unitLabel, townLabel };
});
