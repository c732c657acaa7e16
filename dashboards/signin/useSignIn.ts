/** Signing in: fields, the fault to show, and the page to go to. */

import { ref } from "vue";

import type { Session } from "@/shared/api.types";
import { asProblem } from "@/shared/problem";
import { useSession } from "@/shared/session";
import { TEXT } from "@/signin/text";

/** The page asked for before, when it is hers and of this server; else the first of her role. */
export function pageAfterSignIn(session: Session, search: string): string | null {
  const wanted = new URLSearchParams(search).get("next");
  if (wanted !== null && session.pages.includes(wanted)) return wanted;
  return session.pages[0] ?? null;
}

export function useSignIn(go: (page: string) => void) {
  const session = useSession();
  const username = ref("");
  const password = ref("");
  const fault = ref("");
  const busy = ref(false);

  function enter(me: Session): void {
    const page = pageAfterSignIn(me, location.search);
    if (page === null) fault.value = TEXT.noPage;
    else go(page);
  }

  async function submit(): Promise<void> {
    if (username.value.trim() === "" || password.value === "") {
      fault.value = TEXT.missing;
      return;
    }
    busy.value = true;
    fault.value = "";
    try {
      enter(await session.signIn(username.value.trim(), password.value));
    } catch (thrown) {
      fault.value = asProblem(thrown).detail;
      password.value = "";
    } finally {
      busy.value = false;
    }
  }

  /** Somebody signed in already need not do so again. */
  async function resume(): Promise<void> {
    try {
      enter(await session.load());
    } catch (thrown) {
      const problem = asProblem(thrown);
      if (problem.status !== 401) fault.value = problem.detail;
    }
  }

  return { username, password, fault, busy, submit, resume };
}
