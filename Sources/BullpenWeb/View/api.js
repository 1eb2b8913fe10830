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
  clear: () => sessionStorage.removeItem("bullpen.workspace"),
};

/// The invite that this tab was opened with, to be asked about once.
export const invite = {
  keep: (code) => sessionStorage.setItem("bullpen.invite", code),
  take() {
    const code = sessionStorage.getItem("bullpen.invite");
    sessionStorage.removeItem("bullpen.invite");
    return code;
  },
};

export async function request(method, path, body, { timeout = 15_000 } = {}) {
  const response = await send(method, path, body, "application/json", AbortSignal.timeout(timeout));
  if (response.status === 204) return null;
  const content = await response.json().catch(() => null);
  if (response.ok) return content;
  throw problem(content, response.status);
}

/// What a request answers as a file to be saved.
export async function table(path) {
  const response = await send("GET", path, undefined, "text/csv", AbortSignal.timeout(60_000));
  if (!response.ok) throw problem(await response.json().catch(() => null), response.status);
  return response.blob();
}

/// Posts, and hears each event of the answer as it comes. Resolves with the content of the one that ends it well, which
/// is called `end`.
export async function events(path, body, hear, end) {
  const response = await send("POST", path, body, "text/event-stream");
  if (!response.ok) throw problem(await response.json().catch(() => null), response.status);
  let rest = "", last = null;
  try {
    for (const reader = response.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
      const { value, done } = await reader.read();
      if (done) break;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop();
      for (const part of parts) {
        const field = (name) => part.split("\n").find((line) => line.startsWith(name))?.slice(name.length);
        last = { name: field("event: "), data: JSON.parse(field("data: ")) };
        hear(last.name, last.data);
      }
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw gone();
  }
  if (last?.name === "problem") throw problem(last.data, last.data.status);
  if (last?.name !== end) throw gone();
  return last.data;
}

/// Takes back every question that is not answered yet: what it is about is about to go. Nobody hears an answer.
export function hangUp() {
  for (const question of [...questions]) question.abort();
}

const questions = new Set();

async function send(method, path, body, accept, signal) {
  const question = new AbortController();
  if (method === "GET") {
    questions.add(question);
    signal = signal ? AbortSignal.any([signal, question.signal]) : question.signal;
  }
  const headers = { accept };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (token.get()) headers["Bullpen-Origin-Token"] = token.get();
  if (workspace.get()) headers["Bullpen-Workspace"] = workspace.get();
  try {
    return await fetch(base + path, {
      method, headers, body: body === undefined ? undefined : JSON.stringify(body), cache: "no-store", signal,
    });
  } catch (error) {
    if (question.signal.aborted) return new Promise(() => {});
    if (error.name === "TimeoutError") {
      throw new Problem("unavailable", "Your node did not answer in time.",
        "Try again; if it stays so, restart it with `bullpen up`.");
    }
    throw gone();
  } finally {
    questions.delete(question);
  }
}

function gone() {
  return new Problem("unavailable", "Your node cannot be reached.",
    "It may have stopped: run `bullpen up` in a terminal.");
}

function problem(content, status) {
  const made = new Problem(
    content?.code ?? (status === 401 ? "unauthorized" : "unknown"),
    content?.detail ?? content?.title ?? `The node answered ${status}.`, content?.hint ?? "", status);
  made.attempts = content?.attempts ?? [];
  // The field to blame, as a JSON Pointer.
  made.field = content?.pointer?.slice(1);
  return made;
}

export const get = (path) => request("GET", path);
export const post = (path, body, options) => request("POST", path, body, options);
export const remove = (path, body) => request("DELETE", path, body);
export const put = (path, body) => request("PUT", path, body);
export const del = (path) => request("DELETE", path);
