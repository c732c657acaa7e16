/** One request to the server. Must not know what the things mean: `api.ts` does. */

import { problemFrom } from "@/shared/problem";

export const BASE = "/api/v1";

type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

export interface RequestOptions {
  body?: unknown;
  /** The version of the work order one has seen; sent as `If-Match`. */
  version?: number;
  query?: Record<string, string | number | undefined>;
  /** Given up after so long: a connection that died silently would hold the request for half a minute. */
  limit_ms?: number;
}

let onSignedOut: () => void = () => undefined;

/** What happens when the server says that nobody is signed in. */
export function setSignedOutHandler(handler: () => void): void {
  onSignedOut = handler;
}

function address(path: string, query: RequestOptions["query"]): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined) search.set(key, String(value));
  }
  const tail = search.toString();
  return tail === "" ? BASE + path : `${BASE}${path}?${tail}`;
}

function headers(options: RequestOptions): Record<string, string> {
  const result: Record<string, string> = { accept: "application/json" };
  if (options.body !== undefined) result["content-type"] = "application/json";
  if (options.version !== undefined) result["if-match"] = `"${String(options.version)}"`;
  return result;
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  if (text === "") return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/**
 * Sends and gives the body back.
 * @throws ApiProblem for every answer that is not 2xx; TypeError when the server cannot be reached; DOMException when
 * the limit has passed.
 */
export async function request<T>(method: Method, path: string, options: RequestOptions = {}): Promise<T> {
  const response = await fetch(address(path, options.query), {
    method,
    headers: headers(options),
    body: options.body === undefined ? null : JSON.stringify(options.body),
    credentials: "same-origin",
    signal: options.limit_ms === undefined ? null : AbortSignal.timeout(options.limit_ms),
  });
  const body = await bodyOf(response);
  if (response.ok) return body as T;
  if (response.status === 401 && path !== "/session") onSignedOut();
  throw problemFrom(response.status, body);
}
