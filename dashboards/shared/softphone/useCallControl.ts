/** Answering, holding, hanging up; the ring tone; what answers itself. */

import { computed, onScopeDispose, ref, watch } from "vue";

import { useAgent } from "@/shared/agent";
import { RingTone } from "@/shared/softphone/ring-tone";
import { useSoftphone } from "@/shared/softphone/softphone";

export function useCallControl() {
  const agent = useAgent();
  const softphone = useSoftphone();
  const tone = new RingTone();
  /** She pressed the key before the call itself had reached the page. */
  const answering = ref(false);

  const ringing = computed(() => {
    const rings_here = softphone.call?.incoming === true && softphone.call.stage === "ringing";
    return agent.offer !== null || agent.given_out || rings_here;
  });
  const talking = computed(
    () => agent.view?.state.name === "talking" || agent.view?.state.name === "outbound",
  );
  const held = computed(() => agent.view?.current_call?.state === "held");

  /** A call she has asked for herself or talks in already: it comes back to this page. */
  const own = computed(() => agent.dialling || (talking.value && !agent.given_out));

  /** Her own call, or her wish to answer all. */
  function answersItself(): boolean {
    return own.value || agent.offer?.auto_answer === true || agent.view?.auto_answer === true;
  }

  function answer(): boolean {
    if (!ringing.value) return false;
    answering.value = true;
    tone.stop();
    if (softphone.call?.stage === "ringing") softphone.answer();
    return true;
  }

  /** Gives the call to somebody else: an offer is refused, a promised call back by laying down. */
  function reject(): boolean {
    if (answering.value || (agent.offer === null && !agent.given_out)) return false;
    tone.stop();
    void agent.command(agent.given_out ? "hang_up" : "reject_offer");
    return true;
  }

  function hold(): boolean {
    if (!talking.value) return false;
    void agent.command(held.value ? "retrieve" : "hold");
    return true;
  }

  function hangUp(): boolean {
    if (softphone.call !== null && softphone.call.stage !== "ringing") softphone.hangUp();
    else if (talking.value) void agent.command("hang_up");
    else return false;
    return true;
  }

  watch(
    () => softphone.call?.stage === "ringing" && softphone.call.incoming,
    (rings) => {
      if (!rings) return;
      if (!answering.value && answersItself()) tone.zip();
      if (answering.value || answersItself()) softphone.answer();
    },
  );
  watch(ringing, (now) => {
    if (now && !answersItself()) tone.start();
    else if (!now) {
      answering.value = false;
      tone.stop();
    }
  });
  watch(
    () => softphone.call?.stage,
    (stage) => {
      if (stage === "talking") tone.stop();
    },
  );
  onScopeDispose(() => {
    tone.stop();
  });

  return { ringing, own, talking, held, answering, answer, reject, hold, hangUp };
}
