/** Who is signed in, and where she may go. */

import { defineStore } from "pinia";
import { ref } from "vue";

import { api } from "@/shared/api";
import type { Role, Session } from "@/shared/api.types";
import { setBusinessNow } from "@/shared/clock";

export const useSession = defineStore("session", () => {
  const me = ref<Session | null>(null);

  function take(session: Session): Session {
    setBusinessNow(session.business_now);
    me.value = session;
    return session;
  }

  const load = async (): Promise<Session> => take(await api.session());
  const signIn = async (username: string, password: string): Promise<Session> =>
    take(await api.signIn(username, password));

  async function signOut(): Promise<void> {
    await api.signOut();
    me.value = null;
  }

  const has = (role: Role): boolean => me.value?.roles.includes(role) ?? false;

  return { me, load, signIn, signOut, has };
});
