/**
 * How things stand, by scope: who waits, since when, and who is talked with. Part of the live fold, fed with stays; pure. A
 * board never looks at every contact.
 */
import { scopesOf } from './figure-cube.ts';
import type { Stay } from './figure-fold.ts';

interface Present {
  /** By contact. Contacts come in time order, so the first has waited longest. */
  readonly waiting: Map<string, Stay>;
  talking: number;
}
type Phase = 'waiting' | 'talking' | 'over';

const phaseOf = ({ outcome, handledAt }: Stay): Phase =>
  outcome === undefined ? 'waiting' : outcome === 'answered' && handledAt === undefined ? 'talking' : 'over';

export class PresentFigures {
  readonly #scopes = new Map<string, Present>();
  readonly #phases = new Map<string, Phase>();

  /** A stay began or changed. */
  stay(stay: Stay): void {
    const id = `${stay.contactId} ${stay.ordinal}`;
    const before = this.#phases.get(id);
    const after = phaseOf(stay);
    if (before === after || (before === undefined && after === 'over')) return;
    if (after === 'over') this.#phases.delete(id);
    else this.#phases.set(id, after);
    for (const scope of scopesOf(stay.key)) {
      const present = this.#scope(scope);
      if (after === 'waiting') present.waiting.set(stay.contactId, stay);
      else if (before === 'waiting') present.waiting.delete(stay.contactId);
      if (after === 'talking') present.talking += 1;
      else if (before === 'talking') present.talking -= 1;
    }
  }

  waiting(scope: string): number {
    return this.#scopes.get(scope)?.waiting.size ?? 0;
  }

  talking(scope: string): number {
    return this.#scopes.get(scope)?.talking ?? 0;
  }

  oldest(scope: string): Stay | undefined {
    return this.#scopes.get(scope)?.waiting.values().next().value;
  }

  /** In the order of their waits, at most so many. */
  longest(scope: string, atMost: number): Stay[] {
    const found: Stay[] = [];
    for (const stay of this.#scopes.get(scope)?.waiting.values() ?? []) {
      if (found.length === atMost) break;
      found.push(stay);
    }
    return found;
  }

  isWaiting(scope: string, contactId: string): boolean {
    return this.#scopes.get(scope)?.waiting.has(contactId) ?? false;
  }

  /** Waiting for longer than their target. */
  overdue(scope: string, now: number): number {
    let count = 0;
    for (const { queuedAt, targetMs } of this.#scopes.get(scope)?.waiting.values() ?? [])
      if (now - queuedAt > targetMs) count += 1;
    return count;
  }

  #scope(scope: string): Present {
    let present = this.#scopes.get(scope);
    if (!present) this.#scopes.set(scope, (present = { waiting: new Map(), talking: 0 }));
    return present;
  }
}
