import { describe, expect, it } from "vitest";

import { asProblem, problemFrom } from "@/shared/problem";
import { faultsOf } from "@/shared/work-order/faults";

describe("problems", () => {
  it("keep the server's sentence and the faults of the fields", () => {
    const problem = problemFrom(422, {
      code: "invalid",
      detail: "填写有误",
      errors: [{ field: "intake.demand.title", detail: "太长" }, { nonsense: 1 }],
    });
    expect(problem.detail).toBe("填写有误");
    expect(problem.errors).toEqual([{ field: "intake.demand.title", detail: "太长" }]);
    expect(faultsOf(problem)).toEqual({ title: "太长" });
  });

  it("have a sentence of their own for a body that says nothing", () => {
    expect(problemFrom(503, "<html>").detail).toBe("服务暂时不可用,请稍候再试。");
    expect(asProblem(new TypeError("failed to fetch")).code).toBe("offline");
  });

  it("put a refusal beside its field", () => {
    expect(faultsOf(problemFrom(409, { code: "place_missing", detail: "请填写地点" }))).toEqual({ address: "请填写地点" });
    expect(faultsOf(problemFrom(422, { errors: [{ field: "intake.petitioner.phones[0]", detail: "号码不对" }] }))).toEqual({
      phone: "号码不对",
    });
  });
});
