// The local API: requests with the origin's token, and problems as errors that say what to do.

const base = "/api/v1";
const tokenName = "bullpen.origin_token";

/// What could not be done: a code for the view, a sentence for the person, and what to do next.
export class Problem extends Error {
  constructor(code, title, hint = "", status = 0) {
    super(title);
    Object.assign(this, { code, title, hint, status });
  }
}

export const token = {
  get: () => localStorage.getItem(tokenName),
  set: (value) => localStorage.setItem(tokenName, value),
  clear: () => localStorage.removeItem(tokenName),
};

/// The workspace that this view shows, where a node is in several.
export const workspace = {
  get: () => sessionStorage.getItem("bullpen.workspace"),
  set: (id) => sessionStorage.setItem("bullpen.workspace", id),
};

export async function request(method, path, body, { timeout = 15_000 } = {}) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token.get()) headers["Bullpen-Origin-Token"] = token.get();
  if (workspace.get()) headers["Bullpen-Workspace"] = workspace.get();
  let response;
  try {
    response = await fetch(base + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store",
      signal: AbortSignal.timeout(timeout),
    });
  } catch (error) {
    if (error.name === "TimeoutError") {
      throw new Problem("unavailable", "Your node did not answer in time.",
        "Try again; if it stays so, restart it with `bullpen up`.");
    }
    throw new Problem("unavailable", "Your node cannot be reached.",
      "It may have stopped: run `bullpen up` in a terminal.");
  }
  if (response.status === 204) return null;
  const content = await response.json().catch(() => null);
  if (response.ok) return content;
  throw new Problem(
    content?.code ?? (response.status === 401 ? "unauthorized" : "unknown"),
    content?.detail ?? content?.title ?? `The node answered ${response.status}.`, content?.hint ?? "", response.status);
}

export const get = (path) => request("GET", path);
export const post = (path, body, options) => request("POST", path, body, options);
export const put = (path, body) => request("PUT", path, body);
