/** Something of the server that depends on a value: loaded at once and whenever the value changes. */

import { onMounted, ref, type Ref, shallowRef, watch } from "vue";

import { sayProblem } from "@/shared/say";

export function useLoaded<T>(of: Ref<string>, fetch: (value: string) => Promise<T>) {
  const loaded: Ref<T | null> = shallowRef(null);
  const busy = ref(false);

  async function load(): Promise<void> {
    const wanted = of.value;
    busy.value = true;
    try {
      const found = await fetch(wanted);
      if (wanted === of.value) loaded.value = found;
    } catch (thrown) {
      sayProblem(thrown);
    } finally {
      busy.value = false;
    }
  }

  watch(of, load);
  onMounted(load);

  return { loaded, busy, load };
}
