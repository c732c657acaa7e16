/** Starts a console: who is signed in is known before the first picture. */

import "@/shared/theme.css";

import { createPinia } from "pinia";
import { type Component, createApp } from "vue";

import { setSignedOutHandler } from "@/shared/http";
import { asProblem } from "@/shared/problem";
import { useSession } from "@/shared/session";

export function goToSignIn(): void {
  location.assign(`/?next=${encodeURIComponent(location.pathname)}`);
}

/** Mounts `root` when a person with the right to `page` is signed in; otherwise sends her where she belongs. */
export async function startConsole(root: Component, page: string): Promise<void> {
  const app = createApp(root);
  app.use(createPinia());
  const session = useSession();
  try {
    const me = await session.load();
    if (!me.pages.includes(page)) {
      location.assign(me.pages[0] ?? "/");
      return;
    }
  } catch (thrown) {
    if (asProblem(thrown).status === 401) {
      goToSignIn();
      return;
    }
    showTrouble(asProblem(thrown).detail);
    return;
  }
  setSignedOutHandler(goToSignIn);
  app.mount("#app");
}

function showTrouble(text: string): void {
  const host = document.getElementById("app");
  if (!host) return;
  const box = document.createElement("div");
  box.className = "start-trouble";
  box.setAttribute("role", "alert");
  box.textContent = text;
  const again = document.createElement("button");
  again.textContent = "重试";
  again.onclick = () => {
    location.reload();
  };
  host.replaceChildren(box, again);
}
