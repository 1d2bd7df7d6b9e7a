/**
 * What is due when: one heap over all contacts and agents, indexed so that a deadline can be moved or
 * dropped in O(log n). It holds no timer; the shell asks `next()` and sends a `tick` at that time.
 * Ties go by kind, then by id, so that the order never depends on when a deadline was set: an agent
 * whose ring or wrap-up ends at the same instant is free before a contact's maximum wait is checked.
 */
export const deadlineKinds = ['ring', 'wrap-up', 'max-wait', 'relax', 'announce'] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

/** `id`: of the contact (ring, max-wait, relax, announce) or of the agent (wrap-up). */
export interface Deadline {
  kind: DeadlineKind;
  id: string;
  at: number;
}

const kindOrder: Record<DeadlineKind, number> = {
  ring: 0,
  'wrap-up': 1,
  'max-wait': 2,
  relax: 3,
  announce: 4,
};

function isBefore(a: Deadline, b: Deadline): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.kind !== b.kind) return kindOrder[a.kind] < kindOrder[b.kind];
  return a.id < b.id;
}

export class Deadlines {
  readonly #heap: Deadline[] = [];
  /** Where in the heap each deadline is, by kind and id. */
  readonly #index: Record<DeadlineKind, Map<string, number>> = {
    ring: new Map(),
    'wrap-up': new Map(),
    'max-wait': new Map(),
    relax: new Map(),
    announce: new Map(),
  };

  get size(): number {
    return this.#heap.length;
  }

  next(): Deadline | undefined {
    return this.#heap[0];
  }

  get(kind: DeadlineKind, id: string): number | undefined {
    const index = this.#index[kind].get(id);
    return index === undefined ? undefined : this.#heap[index]?.at;
  }

  /** Sets, moves, or (without a time) drops it. */
  set(kind: DeadlineKind, id: string, at: number | undefined): void {
    const index = this.#index[kind].get(id);
    if (at === undefined) {
      if (index !== undefined) this.#removeAt(index);
      return;
    }
    const fresh: Deadline = { kind, id, at };
    if (index === undefined) {
      this.#heap.push(fresh);
      this.#index[kind].set(id, this.#heap.length - 1);
      this.#up(this.#heap.length - 1);
      return;
    }
    if (this.#heap[index]?.at === at) return;
    this.#heap[index] = fresh;
    this.#down(this.#up(index));
  }

  clear(): void {
    this.#heap.length = 0;
    for (const kind of deadlineKinds) this.#index[kind].clear();
  }

  #removeAt(index: number): void {
    const gone = this.#heap[index];
    const last = this.#heap.pop();
    if (!gone || !last) return;
    this.#index[gone.kind].delete(gone.id);
    if (gone === last) return;
    this.#heap[index] = last;
    this.#index[last.kind].set(last.id, index);
    this.#down(this.#up(index));
  }

  #swap(i: number, j: number): void {
    const a = this.#heap[i];
    const b = this.#heap[j];
    if (!a || !b) return;
    this.#heap[i] = b;
    this.#heap[j] = a;
    this.#index[b.kind].set(b.id, i);
    this.#index[a.kind].set(a.id, j);
  }

  #up(start: number): number {
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const a = this.#heap[index];
      const b = this.#heap[parent];
      if (!a || !b || !isBefore(a, b)) break;
      this.#swap(index, parent);
      index = parent;
    }
    return index;
  }

  #down(start: number): void {
    let index = start;
    for (;;) {
      let best = index;
      for (const child of [2 * index + 1, 2 * index + 2]) {
        const a = this.#heap[child];
        const b = this.#heap[best];
        if (a && b && isBefore(a, b)) best = child;
      }
      if (best === index) return;
      this.#swap(index, best);
      index = best;
    }
  }
}
