/** Keys that work anywhere on the page, also while she writes. Written as `F2`, `Ctrl+Enter`, `Alt+C`, `Space`. */

import { onMounted, onUnmounted } from "vue";

/** The name of a pressed key in our spelling. */
export function keyName(event: KeyboardEvent): string {
  const key = event.code.startsWith("Key") ? event.code.slice(3) : event.key === " " ? "Space" : event.key;
  const parts = [
    event.ctrlKey ? "Ctrl" : "",
    event.altKey ? "Alt" : "",
    event.shiftKey && event.code !== "Space" ? "Shift" : "",
    key,
  ];
  return parts.filter((part) => part !== "").join("+");
}

const TYPING =
  "input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable=true], [role=option]";

/** Whether the space bar writes a space where the focus is. A focused button does not keep it from answering. */
export function belongsToFocus(event: KeyboardEvent): boolean {
  return event.target instanceof Element && event.target.closest(TYPING) !== null;
}

/** A handler gives `false` when it has nothing to do now; the key then keeps its usual meaning. */
export type ShortcutHandler = () => boolean;

export function useShortcuts(handlers: Record<string, ShortcutHandler>): void {
  function pressed(event: KeyboardEvent): void {
    const name = keyName(event);
    const handler = handlers[name];
    if (handler === undefined || event.repeat) return;
    if (name === "Space" && belongsToFocus(event)) return;
    if (handler()) event.preventDefault();
  }
  onMounted(() => {
    window.addEventListener("keydown", pressed);
  });
  onUnmounted(() => {
    window.removeEventListener("keydown", pressed);
  });
}
