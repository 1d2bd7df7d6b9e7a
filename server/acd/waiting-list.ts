/**
 * Those who wait in one queue, in the order they will be served: priority (higher first), then the time
 * they entered the queue, then the order of arrival. A contact on offer stays in this order, so that one
 * whose offer is withdrawn has kept its place by never having left; it only stops being open to agents.
 */
import { OrderedSet } from './ordered-set.ts';

/** A contact's place; fixed from the moment it entered the queue. */
export interface Place {
  readonly contactId: string;
  readonly priority: number;
  readonly queuedAt: number;
  readonly order: number;
}

export function comparePlaces(a: Place, b: Place): number {
  return b.priority - a.priority || a.queuedAt - b.queuedAt || a.order - b.order;
}

export class WaitingList {
  readonly #all = new OrderedSet<Place>(comparePlaces);
  readonly #open = new OrderedSet<Place>(comparePlaces);

  /** All who wait, those on offer included. */
  get size(): number {
    return this.#all.size;
  }

  /** Those who may be offered to an agent now. */
  get openSize(): number {
    return this.#open.size;
  }

  put(place: Place, isOpen: boolean): void {
    this.#all.add(place);
    if (isOpen) this.#open.add(place);
    else this.#open.delete(place);
  }

  remove(place: Place): void {
    this.#all.delete(place);
    this.#open.delete(place);
  }

  /** 1 = next to be served. */
  position(place: Place): number | undefined {
    const rank = this.#all.rank(place);
    return rank === undefined ? undefined : rank + 1;
  }

  /** The position that somebody with this place would have. */
  placeFor(place: Place): number {
    return this.#all.countBefore(place) + 1;
  }

  firstOpen(count: number): Place[] {
    return this.#open.firstFew(count);
  }

  nextOpen(): Place | undefined {
    return this.#open.first();
  }

  open(): Iterable<Place> {
    return this.#open;
  }
}
