/** What can go wrong in a request, in the words of RFC 9457, ready to be shown to a person. */

export interface FieldError {
  field: string;
  detail: string;
}

export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly errors: FieldError[] = [],
  ) {
    super(detail);
    this.name = "ApiProblem";
  }

  /** The fault of one field, if the server named it. */
  field(name: string): string | undefined {
    return this.errors.find((fault) => fault.field === name)?.detail;
  }
}

const BY_STATUS: Record<number, string> = {
  401: "登录已失效,请重新登录。",
  403: "您没有进行此操作的权限。",
  404: "没有找到这条记录,可能已被处理。",
  409: "当前状态下不能进行此操作,请刷新后再试。",
  412: "这张工单刚被别人修改过,已为您重新载入,请核对后再提交。",
  422: "填写内容有误,请按提示修改。",
  429: "操作过于频繁,请稍候再试。",
  503: "服务暂时不可用,请稍候再试。",
};

const OFFLINE = "连不上服务器,请检查网络后重试。";

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function fieldErrors(value: unknown): FieldError[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((item: unknown) =>
    isRecord(item) && typeof item.field === "string" && typeof item.detail === "string"
      ? [{ field: item.field, detail: item.detail }]
      : [],
  );
}

/** Reads an error body; anything that is not a problem document still gives a clear sentence. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const fallback = BY_STATUS[status] ?? `服务器出错(${String(status)}),请稍候再试。`;
  if (!isRecord(body)) return new ApiProblem(status, "unknown", fallback);
  const code = typeof body.code === "string" ? body.code : "unknown";
  const detail = typeof body.detail === "string" && body.detail !== "" ? body.detail : fallback;
  return new ApiProblem(status, code, detail, fieldErrors(body.errors));
}

/** Any thrown thing as a problem: a fetch that failed has no status. */
export function asProblem(thrown: unknown): ApiProblem {
  return thrown instanceof ApiProblem ? thrown : new ApiProblem(0, "offline", OFFLINE);
}
