/**
 * Those who wait in one queue, in the order they will be served: priority (higher first), then the time they
 * are taken to have waited since (head starts included), then the order of arrival. A contact on offer stays
 * in this order, so that one whose offer is withdrawn has kept its place by never having left.
 */
import { OrderedSet } from './ordered-set.ts';
import type { AcdQueue, AcdSite } from './types.ts';

/** What a contact's place follows from; fixed from the moment it entered the queue. */
export interface Entry {
  readonly contactId: string;
  readonly priority: number;
  readonly headStartMs?: number;
  readonly queuedAt: number;
  readonly order: number;
}

/** A contact's place under the site in force. It never moves while the contact waits: everybody ages alike. */
export interface Place extends Entry {
  /** Strict priority; 0 for all where a wait outweighs priority. */
  readonly rank: number;
  /** It is served as if it had begun to wait then, ms UTC. */
  readonly servedAs: number;
}

/**
 * Ageing without moving anybody: where one step of priority is worth W ms of waiting, a contact of priority p is
 * at any instant as urgent as one of priority 0 that entered p * W sooner.
 */
export function placeIn(site: AcdSite, queue: AcdQueue, entry: Entry): Place {
  const { contactId, priority, headStartMs, queuedAt, order } = entry;
  const effective = priority + (queue.weight ?? 0);
  const worthMs = site.priorityWorthMs;
  const ahead = (headStartMs ?? 0) + (queue.headStartMs ?? 0) + effective * (worthMs ?? 0);
  return {
    contactId,
    priority,
    ...(headStartMs === undefined ? {} : { headStartMs }),
    queuedAt,
    order,
    rank: worthMs === undefined ? effective : 0,
    servedAs: queuedAt - ahead,
  };
}

export function comparePlaces(a: Place, b: Place): number {
  return b.rank - a.rank || a.servedAs - b.servedAs || a.order - b.order;
}

export class WaitingList {
  readonly #all = new OrderedSet<Place>(comparePlaces);

  /** All who wait, those on offer included. */
  get size(): number {
    return this.#all.size;
  }

  put(place: Place): void {
    this.#all.add(place);
  }

  remove(place: Place): void {
    this.#all.delete(place);
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

  [Symbol.iterator](): Iterator<Place> {
    return this.#all[Symbol.iterator]();
  }
}
