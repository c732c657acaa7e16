/** What the page shows beside the board: one line each. */

import { type Component, defineAsyncComponent, markRaw } from "vue";

import { TABS } from "@/supervisor/tabs.text";

export interface SupervisorTab {
  name: string;
  label: string;
  panel: Component;
}

/** Loaded when they are looked at: who watches the board needs none of them. */
const panel = (load: () => Promise<Component>): Component => markRaw(defineAsyncComponent(load));

export const PANELS: SupervisorTab[] = [
  { name: "staffing", label: TABS.staffing, panel: panel(() => import("@/supervisor/staffing/StaffingPanel.vue")) },
  { name: "figures", label: TABS.figures, panel: panel(() => import("@/supervisor/figures/FiguresPanel.vue")) },
];
