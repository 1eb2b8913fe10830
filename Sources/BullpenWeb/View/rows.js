// Rows newest first, in pages, with what waits to be seen and what is not yet on disk.

/// `shown` is what the reader has before them; it grows at the top only by their own deed. `waiting` arrived since.
export class Rows extends EventTarget {
  shown = [];
  waiting = [];
  next = null;
  phase = "loading";
  problem = null;
  #held = [];
  #page;
  #isMine;

  /// `page(after)` reads one page: `{ items, next }`. `isMine(row)` tells the person's own rows.
  constructor(page, isMine) {
    super();
    this.#page = page;
    this.#isMine = isMine;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }

  /// Reads the newest page: all of it at first, later only what is new, which then waits.
  async refresh() {
    try {
      const { items, next } = await this.#page(null);
      if (this.phase !== "ready") {
        this.shown = [...this.shown.filter((row) => row.pending || row.problem), ...items.map(withKey)];
        this.next = next;
        this.phase = "ready";
      } else for (const row of items.toReversed()) this.#place(row);
      this.problem = null;
    } catch (problem) {
      if (this.phase === "loading") this.phase = "failed";
      this.problem = problem;
    }
    this.#changed();
  }

  async more() {
    const { items, next } = await this.#page(this.next);
    const known = new Set(this.shown.map((row) => row.id));
    this.shown.push(...items.filter((row) => !known.has(row.id)).map(withKey));
    this.next = next;
    this.#changed();
  }

  /// A row that arrived or differs. One's own waits for the answer to one's own request, which may be on its way.
  arrive(row) {
    if (this.phase !== "ready") return;
    if (this.#isMine(row) && this.shown.some((other) => other.pending) && !this.#known(row.id)) this.#held.push(row);
    else this.#place(row);
    this.#changed();
  }

  #known(id) {
    return this.shown.find((row) => row.id === id) ?? this.waiting.find((row) => row.id === id);
  }

  #place(row) {
    const known = this.#known(row.id);
    if (known) Object.assign(known, row);
    else if (this.shown.length === 0) this.shown.unshift(withKey(row));
    else this.waiting.unshift(withKey(row));
  }

  absorb() {
    this.shown.unshift(...this.waiting.splice(0));
    this.#changed();
  }

  /// Shows a row at once and writes it: pending until the node has it on disk, or in trouble with a reason.
  async write(draft, write) {
    const row = { ...draft, key: `draft-${crypto.randomUUID()}`, id: null, pending: true, problem: null };
    row.retry = async () => {
      Object.assign(row, { pending: true, problem: null });
      this.#changed();
      try {
        const answer = await write();
        Object.assign(row, answer, { pending: false });
        this.waiting = this.waiting.filter((other) => other.id !== row.id);
        this.shown = this.shown.filter((other) => other === row || other.id !== row.id);
      } catch (problem) {
        Object.assign(row, { pending: false, problem });
      }
      for (const held of this.#held.splice(0)) this.#place(held);
      this.#changed();
    };
    row.drop = () => {
      this.shown = this.shown.filter((other) => other !== row);
      this.#changed();
    };
    this.absorb();
    this.shown.unshift(row);
    await row.retry();
    return row;
  }

  change(id, difference) {
    const row = this.#known(id);
    if (!row) return;
    Object.assign(row, difference);
    this.#changed();
  }
}

function withKey(row) {
  return { key: row.id, pending: false, problem: null, ...row };
}
