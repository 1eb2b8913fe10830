// The one WebSocket: what happens, as it happens. It comes back by itself, with back-off and jitter, and puts the
// view into its room again.
import { token, workspace } from "./api.js";

const first = 500, last = 15_000, quiet = 10_000, patience = 5_000;

/// Events: `phase` when the connection comes or goes, and one per message type, with its data as `detail`.
class Live extends EventTarget {
  phase = "connecting";
  /// When the next try is due, while there is no connection.
  retryAt = 0;
  room = null;
  #socket = null;
  #tries = 0;
  #timer;
  #heard = 0;
  #asked = 0;
  #ended = false;
  #number = 0;
  #waiting = new Map();

  start() {
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#leave();
      else this.#join();
    });
    addEventListener("pagehide", () => this.#leave());
    addEventListener("online", () => this.tryNow());
    setInterval(() => this.#watch(), 1_000);
    this.#connect();
  }

  get isLive() { return this.phase === "live"; }
  /// Whether something that was sent has not left this machine's browser yet.
  get isBusy() { return (this.#socket?.bufferedAmount ?? 0) > 0; }
  get hasEnded() { return this.#ended; }

  tryNow() {
    if (this.phase === "lost") this.#connect();
  }

  /// For good: the page has nothing more to hear.
  end() {
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#socket?.close();
  }

  /// After `end`, where the page goes on after all.
  resume() {
    this.#ended = false;
    if (!this.#socket) this.#connect();
  }

  #connect() {
    clearTimeout(this.#timer);
    if (this.#ended) return;
    this.#set("connecting");
    const socket = new WebSocket(address(), protocols());
    this.#socket = socket;
    const timer = setTimeout(() => socket.close(), patience);
    let opened = false;
    socket.onopen = async () => {
      opened = true;
      this.#heard = performance.now();
      // From its first answer on the node tells what happens, so whoever reads then misses nothing.
      try { await this.ask("ping", {}); } catch { return; }
      clearTimeout(timer);
      this.#tries = 0;
      this.#set("live");
      this.#join();
    };
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = () => {
      clearTimeout(timer);
      // A page that is done with the node is not one that has lost it.
      if (this.#socket !== socket || this.#ended) return;
      this.#socket = null;
      if (!opened) this.dispatchEvent(new Event("refused"));
      for (const [, { refuse }] of this.#waiting) refuse(new Error("The connection is lost."));
      this.#waiting.clear();
      const wait = Math.min(last, first * 2 ** this.#tries++);
      const jittered = wait / 2 + Math.random() * wait / 2;
      this.retryAt = Date.now() + jittered;
      this.#timer = setTimeout(() => this.#connect(), jittered);
      this.#set("lost");
    };
  }

  #set(phase) {
    // A try that is under way is still a lost page, until it succeeds.
    if (phase === "connecting" && this.#tries > 0) phase = "retrying";
    if (this.phase === phase) return;
    this.phase = phase;
    this.dispatchEvent(new Event("phase"));
  }

  /// Silence is asked about, and no longer believed when nobody has answered. A tab that is hidden gets time for this
  /// once a minute: whatever it has not heard by then, it has not asked for either.
  #watch() {
    if (!this.isLive) return;
    const now = performance.now();
    if (now - this.#heard <= quiet) return;
    if (this.#asked <= this.#heard) {
      this.#asked = now;
      this.send("ping", {});
    } else if (now - this.#asked > patience) {
      this.#socket.close();
    }
  }

  #receive(text) {
    this.#heard = performance.now();
    let message;
    try { message = JSON.parse(text); } catch { return; }
    const asked = message.id != null && this.#waiting.get(message.id);
    if (asked) {
      this.#waiting.delete(message.id);
      if (message.type === "error") asked.refuse(message.data);
      else asked.settle(message.data);
    }
    if (message.type === "ping") this.send("pong", {});
    this.dispatchEvent(new CustomEvent(message.type, { detail: message.data ?? {} }));
  }

  /// Sends if there is a connection; what cannot be sent now is of no use later.
  send(type, data, id) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(id == null ? { type, data } : { type, id, data }));
    return true;
  }

  /// Tells a room that I type, or with null that I do no more: said again every two seconds while I do, as it ends by
  /// itself after five.
  type(room) {
    this.send("typing", { room });
  }

  ask(type, data) {
    const id = `v${this.#number += 1}`;
    return new Promise((settle, refuse) => {
      if (this.send(type, data, id)) this.#waiting.set(id, { settle, refuse });
      else refuse(new Error("There is no connection."));
    });
  }

  /// Goes into a room, or into none, and leaves the one before.
  enter(room) {
    if (room === this.room) return;
    this.#leave();
    this.room = room;
    this.#join();
  }

  #join() {
    if (this.room && !document.hidden && this.isLive) {
      this.send("room.join", { room: this.room, device_kind: kind() }, `v${this.#number += 1}`);
    }
  }

  #leave() {
    if (this.room) this.send("room.leave", { room: this.room });
  }
}

function address() {
  const query = workspace.get() ? `?workspace=${workspace.get()}` : "";
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws${query}`;
}

/// A browser cannot send a header with a WebSocket, so the origin's token goes as a protocol's name.
function protocols() {
  return token.get() ? ["bullpen", `bullpen.token.${token.get()}`] : ["bullpen"];
}

function kind() {
  if (!matchMedia("(pointer: coarse)").matches) return "desktop";
  return Math.min(screen.width, screen.height) < 600 ? "mobile" : "tablet";
}

export const live = new Live();
