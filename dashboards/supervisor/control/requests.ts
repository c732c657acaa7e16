/** Requests of the panel 达标控制. */

import { request } from "@/shared/http";
import type { Control, LeverId, LeverWord, Mode } from "@/supervisor/control/types";

export const requests = {
  control: () => request<Control>("GET", "/rate-controller"),
  say: (lever: LeverId, word: LeverWord) =>
    request<Control>("POST", `/rate-controller/levers/${lever}/${word}`, { body: {} }),
  setMode: (lever: LeverId, mode: Mode, version: number) =>
    request<Control>("PUT", `/rate-controller/levers/${lever}/mode`, { body: { mode, version } }),
};
