/** The open live sockets, by scope and by owner, and how many there may be. */
import type { LiveScope } from '../contract/live.ts';
import type { LiveClient, LiveOwner } from './live-client.ts';

export const maxSockets = 2000;
export const maxSocketsOfOwner = 16;

const keyOf = (owner: LiveOwner) => `${owner.kind}:${owner.id}`;

export class LiveClients {
  readonly #byScope: Record<LiveScope, Set<LiveClient>> = { board: new Set(), floor: new Set() };
  readonly #byOwner = new Map<string, Set<LiveClient>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  of(scope: LiveScope): ReadonlySet<LiveClient> {
    return this.#byScope[scope];
  }

  ofOwner(owner: LiveOwner): LiveClient[] {
    return [...(this.#byOwner.get(keyOf(owner)) ?? [])];
  }

  has(client: LiveClient): boolean {
    return this.#byScope[client.channel.scope].has(client);
  }

  ownerIds(kind: LiveOwner['kind']): string[] {
    const lead = `${kind}:`;
    return [...this.#byOwner.keys()]
      .filter((key) => key.startsWith(lead))
      .map((key) => key.slice(lead.length));
  }

  add(client: LiveClient): void {
    const key = keyOf(client.owner);
    const mine = this.#byOwner.get(key) ?? new Set();
    mine.add(client);
    this.#byOwner.set(key, mine);
    this.#byScope[client.channel.scope].add(client);
    this.#count += 1;
  }

  /** False when it was not there any more. */
  remove(client: LiveClient): boolean {
    if (!this.#byScope[client.channel.scope].delete(client)) return false;
    this.#count -= 1;
    const key = keyOf(client.owner);
    const mine = this.#byOwner.get(key);
    mine?.delete(client);
    if (mine?.size === 0) this.#byOwner.delete(key);
    return true;
  }
}
