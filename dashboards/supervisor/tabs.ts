/** The supervisor's panels beside the board. */

import { type Component, defineAsyncComponent } from "vue";

import { TEXT as FIGURES } from "@/supervisor/figures/text";
import { TEXT } from "@/supervisor/text";

export interface SupervisorTab {
  name: string;
  label: string;
  /** Null: the board itself. */
  panel: Component | null;
}

export const SUPERVISOR_TABS: SupervisorTab[] = [
  { name: "board", label: TEXT.boardTab, panel: null },
  {
    name: "figures",
    label: FIGURES.title,
    panel: defineAsyncComponent(() => import("@/supervisor/figures/FiguresPanel.vue")),
  },
];
