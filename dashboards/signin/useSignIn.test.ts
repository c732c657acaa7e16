import { afterEach, describe, expect, it, vi } from "vitest";

import type { Session } from "@/shared/api.types";
import { inComponent, stubFetch } from "@/shared/testing";
import { TEXT } from "@/signin/text";
import { pageAfterSignIn, useSignIn } from "@/signin/useSignIn";

const session: Session = {
  user_id: "u", username: "agent01", display_name: "话务员一", roles: ["agent"], unit: null,
  pages: ["/agent", "/desk"], centre: { id: "c", name: "青源县" },
  business_now: "2026-11-21T10:00:00+08:00", test_clock: false,
};

describe("signing in", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it("goes to the page asked for only when it is hers", () => {
    expect(pageAfterSignIn(session, "")).toBe("/agent");
    expect(pageAfterSignIn(session, "?next=/desk")).toBe("/desk");
    expect(pageAfterSignIn(session, "?next=https://evil.example/")).toBe("/agent");
    expect(pageAfterSignIn({ ...session, pages: [] }, "")).toBeNull();
  });

  it("goes on after a right password", async () => {
    const gone: string[] = [];
    const requests = stubFetch(() => ({ body: session }));
    const { made } = inComponent(() => useSignIn((page) => gone.push(page)));
    made.username.value = " agent01 ";
    made.password.value = "x";
    await made.submit();
    expect(requests[0]?.body).toEqual({ username: "agent01", password: "x" });
    expect(gone).toEqual(["/agent"]);
  });

  it("says what is wrong and forgets the password", async () => {
    stubFetch(() => ({ status: 401, body: { code: "wrong_password", detail: "用户名或密码不正确" } }));
    const { made } = inComponent(() => useSignIn(() => undefined));
    await made.submit();
    expect(made.fault.value).toBe(TEXT.missing);
    made.username.value = "agent01";
    made.password.value = "bad";
    await made.submit();
    expect(made.fault.value).toBe("用户名或密码不正确");
    expect(made.password.value).toBe("");
  });
});
