/**
 * The open live sockets, by channel and by owner, and how many there may be. A channel is known here as long as somebody
 * watches it: those of displays' boards come and go with them.
 */
import type { LiveChannel } from './live-channel.ts';
import type { LiveClient, LiveOwner } from './live-client.ts';
import type { LiveKind } from './live-view.ts';

export const maxSockets = 2000;
export const maxSocketsOfOwner = 16;

const keyOf = (owner: LiveOwner) => `${owner.kind}:${owner.id}`;
const nobody: ReadonlySet<LiveClient> = new Set();

export class LiveClients {
  readonly #byChannel = new Map<string, { channel: LiveChannel; clients: Set<LiveClient> }>();
  readonly #byOwner = new Map<string, Set<LiveClient>>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** Those that are watched. */
  channels(): LiveChannel[] {
    return [...this.#byChannel.values()].map(({ channel }) => channel);
  }

  channel(key: string): LiveChannel | undefined {
    return this.#byChannel.get(key)?.channel;
  }

  of(channel: LiveChannel): ReadonlySet<LiveClient> {
    return this.#byChannel.get(channel.key)?.clients ?? nobody;
  }

  countOf(kind: LiveKind): number {
    let count = 0;
    for (const { channel, clients } of this.#byChannel.values())
      if (channel.view.kind === kind) count += clients.size;
    return count;
  }

  ofOwner(owner: LiveOwner): LiveClient[] {
    return [...(this.#byOwner.get(keyOf(owner)) ?? [])];
  }

  has(client: LiveClient): boolean {
    return this.of(client.channel).has(client);
  }

  ownerIds(kind: LiveOwner['kind']): string[] {
    const lead = `${kind}:`;
    return [...this.#byOwner.keys()]
      .filter((key) => key.startsWith(lead))
      .map((key) => key.slice(lead.length));
  }

  add(client: LiveClient): void {
    const { channel } = client;
    const key = keyOf(client.owner);
    const mine = this.#byOwner.get(key) ?? new Set();
    mine.add(client);
    this.#byOwner.set(key, mine);
    const watched = this.#byChannel.get(channel.key) ?? { channel, clients: new Set() };
    watched.clients.add(client);
    this.#byChannel.set(channel.key, watched);
    this.#count += 1;
  }

  /** False when it was not there any more. */
  remove(client: LiveClient): boolean {
    const { key } = client.channel;
    const watched = this.#byChannel.get(key);
    if (!watched?.clients.delete(client)) return false;
    if (watched.clients.size === 0) this.#byChannel.delete(key);
    this.#count -= 1;
    const owner = keyOf(client.owner);
    const mine = this.#byOwner.get(owner);
    mine?.delete(client);
    if (mine?.size === 0) this.#byOwner.delete(owner);
    return true;
  }
}
