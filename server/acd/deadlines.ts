/**
 * What is due when: one heap over all contacts and agents, each with the next thing that is due to it, indexed so that
 * a deadline can be moved or dropped in O(log n); four to a parent, which halves the way. It holds no timer; the
 * shell asks `next()` and sends a `tick` at that time.
 * Ties go by kind, then by id, so that the order never depends on when a deadline was set: an agent
 * whose ring or wrap-up ends at the same instant is free before a contact's maximum wait is checked.
 */
export const deadlineKinds = ['ring', 'wrap-up', 'max-wait', 'relax', 'announce'] as const;
export type DeadlineKind = (typeof deadlineKinds)[number];

export interface Due {
  readonly kind: DeadlineKind;
  readonly at: number;
}
/** `id`: of the contact (ring, max-wait, relax, announce) or of the agent (wrap-up). */
export interface Deadline extends Due {
  readonly id: string;
}
export type Owner = 'contact' | 'agent';

const kindOrder: Record<DeadlineKind, number> = {
  ring: 0,
  'wrap-up': 1,
  'max-wait': 2,
  relax: 3,
  announce: 4,
};

/** What of the two is due first. */
export const sooner = (a: Due | undefined, b: Due): Due =>
  a && (a.at < b.at || (a.at === b.at && kindOrder[a.kind] <= kindOrder[b.kind])) ? a : b;

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
  readonly #slots: Record<Owner, Map<string, Slot>> = { contact: new Map(), agent: new Map() };

  get size(): number {
    return this.#heap.length;
  }

  next(): Deadline | undefined {
    return this.#heap[0];
  }

  get(owner: Owner, id: string): Due | undefined {
    const slot = this.#slots[owner].get(id);
    return slot && { kind: slot.kind, at: slot.at };
  }

  /** Sets, moves, or (without one) drops what is due next. */
  set(owner: Owner, id: string, due: Due | undefined): void {
    const slots = this.#slots[owner];
    const old = slots.get(id);
    if (!due) {
      if (!old) return;
      slots.delete(id);
      this.#remove(old);
      return;
    }
    const { kind, at } = due;
    if (old?.at === at && old.kind === kind) return;
    const slot: Slot = { kind, id, at, order: kindOrder[kind], index: old?.index ?? this.#heap.length };
    slots.set(id, slot);
    this.#heap[slot.index] = slot;
    this.#settle(slot);
  }

  clear(): void {
    this.#heap.length = 0;
    this.#slots.contact.clear();
    this.#slots.agent.clear();
  }

  #remove(slot: Slot): void {
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
      const above = this.#heap[(slot.index - 1) >> 2];
      if (!above || !isBefore(slot, above)) return;
      this.#exchange(slot, above);
    }
  }

  #down(slot: Slot): void {
    for (;;) {
      const first = 4 * slot.index + 1;
      let least = slot;
      for (let index = first; index < first + 4 && index < this.#heap.length; index++) {
        const below = this.#heap[index]!;
        if (isBefore(below, least)) least = below;
      }
      if (least === slot) return;
      this.#exchange(least, slot);
    }
  }

  #exchange(a: Slot, b: Slot): void {
    const { index } = a;
    this.#place(a, b.index);
    this.#place(b, index);
  }
}
