import { describe, expect, it } from "vitest";

import { belongsToFocus, keyName, useShortcuts } from "@/shared/shortcuts";
import { inComponent } from "@/shared/testing";

function press(target: EventTarget, init: KeyboardEventInit): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init });
  target.dispatchEvent(event);
  return event;
}

describe("shortcuts", () => {
  it("name keys as the buttons show them", () => {
    expect(keyName(new KeyboardEvent("keydown", { key: "F2", code: "F2" }))).toBe("F2");
    expect(keyName(new KeyboardEvent("keydown", { key: "c", code: "KeyC", altKey: true }))).toBe("Alt+C");
    expect(keyName(new KeyboardEvent("keydown", { key: "Enter", code: "Enter", ctrlKey: true }))).toBe("Ctrl+Enter");
    expect(keyName(new KeyboardEvent("keydown", { key: " ", code: "Space" }))).toBe("Space");
  });

  it("let the space bar answer on a button and write in a text", () => {
    let answers = 0;
    const answer = (): boolean => {
      answers += 1;
      return true;
    };
    const { unmount } = inComponent(() => {
      useShortcuts({ Space: answer, F2: answer });
    });
    const text = document.createElement("textarea");
    const button = document.createElement("button");
    document.body.append(text, button);
    press(text, { key: " ", code: "Space" });
    expect(answers).toBe(0);
    expect(press(button, { key: " ", code: "Space" }).defaultPrevented).toBe(true);
    press(text, { key: "F2", code: "F2" });
    expect(answers).toBe(2);
    unmount();
    press(button, { key: "F2", code: "F2" });
    expect(answers).toBe(2);
  });

  it("know where text is written", () => {
    const box = document.createElement("input");
    box.type = "radio";
    document.body.append(box);
    const event = press(box, { key: " ", code: "Space" });
    expect(belongsToFocus(event)).toBe(false);
  });
});
