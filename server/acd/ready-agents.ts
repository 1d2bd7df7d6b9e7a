/**
 * The members of one queue: the Ready ones ordered by how long they have been idle, and how many there
 * are in every other state, so that a decision can say whom it ruled out without looking at each.
 */
import type { AgentState } from '../contract/events.ts';
import { OrderedSet } from './ordered-set.ts';

/** Since when an agent is idle. An offer that the customer ended does not reset it. */
export interface Idle {
  readonly agentId: string;
  readonly since: number;
  readonly order: number;
}

export function compareIdle(a: Idle, b: Idle): number {
  return a.since - b.since || a.order - b.order;
}

export class QueueMembers {
  readonly #ready = new OrderedSet<Idle>(compareIdle);
  readonly #byState = new Map<AgentState, number>();

  get readySize(): number {
    return this.#ready.size;
  }

  join(state: AgentState, idle: Idle | undefined): void {
    this.#count(state, 1);
    if (state === 'ready' && idle) this.#ready.add(idle);
  }

  leave(state: AgentState, idle: Idle | undefined): void {
    this.#count(state, -1);
    if (state === 'ready' && idle) this.#ready.delete(idle);
  }

  longestIdle(count: number): Idle[] {
    return this.#ready.firstFew(count);
  }

  ready(): Iterable<Idle> {
    return this.#ready;
  }

  countOf(state: AgentState): number {
    return this.#byState.get(state) ?? 0;
  }

  /** Members who are not Ready, by state; sorted by name so that records compare equal. */
  notReadyCounts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const state of [...this.#byState.keys()].sort()) {
      const count = this.countOf(state);
      if (state !== 'ready' && count > 0) counts[state] = count;
    }
    return counts;
  }

  #count(state: AgentState, by: 1 | -1): void {
    this.#byState.set(state, this.countOf(state) + by);
  }
}
