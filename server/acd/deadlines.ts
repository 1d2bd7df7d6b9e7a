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

/** A deadline in the heap. It knows its place there, so that moving it takes no look-up by name. */
interface Slot extends Deadline {
  readonly order: number;
  index: number;
}

function isBefore(a: Slot, b: Slot): boolean {
  if (a.at !== b.at) return a.at < b.at;
  if (a.order !== b.order) return a.order < b.order;
  return a.id < b.id;
}

export class Deadlines {
  readonly #heap: Slot[] = [];
  readonly #slots: Record<DeadlineKind, Map<string, Slot>> = {
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
    return this.#slots[kind].get(id)?.at;
  }

  /** Sets, moves, or (without a time) drops it. */
  set(kind: DeadlineKind, id: string, at: number | undefined): void {
    const slots = this.#slots[kind];
    const old = slots.get(id);
    if (old?.at === at) return;
    if (at === undefined) {
      if (old) this.#remove(old);
      return;
    }
    const slot: Slot = { kind, id, at, order: kindOrder[kind], index: old?.index ?? this.#heap.length };
    slots.set(id, slot);
    this.#heap[slot.index] = slot;
    this.#settle(slot);
  }

  clear(): void {
    this.#heap.length = 0;
    for (const kind of deadlineKinds) this.#slots[kind].clear();
  }

  #remove(slot: Slot): void {
    this.#slots[slot.kind].delete(slot.id);
    const last = this.#heap.pop();
    if (!last || last === slot) return;
    this.#place(last, slot.index);
    this.#settle(last);
  }

  #place(slot: Slot, index: number): void {
    slot.index = index;
    this.#heap[index] = slot;
  }

  #settle(slot: Slot): void {
    this.#up(slot);
    this.#down(slot);
  }

  #up(slot: Slot): void {
    while (slot.index > 0) {
      const above = this.#heap[(slot.index - 1) >> 1];
      if (!above || !isBefore(slot, above)) return;
      this.#exchange(slot, above);
    }
  }

  #down(slot: Slot): void {
    for (;;) {
      const left = this.#heap[2 * slot.index + 1];
      const right = this.#heap[2 * slot.index + 2];
      const least = left && right && isBefore(right, left) ? right : left;
      if (!least || !isBefore(least, slot)) return;
      this.#exchange(least, slot);
    }
  }

  #exchange(a: Slot, b: Slot): void {
    const { index } = a;
    this.#place(a, b.index);
    this.#place(b, index);
  }
}
