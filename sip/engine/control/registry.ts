/**
 * Which apps are connected and which verbs they take. Round robin per verb; an app that registers a verb twice
 * counts once; removing one route removes one. Knows connections as opaque members. No I/O.
 */

export interface AppMember {
  readonly tag: string;
  readonly isReady: boolean;
}

interface Rota<A> {
  members: A[];
  offset: number;
}

export class AppRegistry<A extends AppMember> {
  readonly #apps = new Set<A>();
  readonly #rotas = new Map<string, Rota<A>>();

  get size(): number {
    return this.#apps.size;
  }

  [Symbol.iterator](): IterableIterator<A> {
    return this.#apps.values();
  }

  add(app: A): void {
    this.#apps.add(app);
  }

  remove(app: A): void {
    this.#apps.delete(app);
    for (const verb of this.#rotas.keys()) this.removeRoute(app, verb);
  }

  has(app: A): boolean {
    return this.#apps.has(app);
  }

  addRoute(app: A, verb: string): void {
    let rota = this.#rotas.get(verb);
    if (rota === undefined) this.#rotas.set(verb, (rota = { members: [], offset: 0 }));
    if (!rota.members.includes(app)) rota.members.push(app);
  }

  removeRoute(app: A, verb: string): void {
    const rota = this.#rotas.get(verb);
    if (rota === undefined) return;
    const at = rota.members.indexOf(app);
    if (at >= 0) rota.members.splice(at, 1);
    if (rota.members.length === 0) this.#rotas.delete(verb);
  }

  hasRoute(verb: string): boolean {
    return this.#rotas.has(verb);
  }

  /** The next app for a verb; with `preferTag`, one of that tag if there is any. */
  pick(verb: string, preferTag?: string): A | undefined {
    const rota = this.#rotas.get(verb);
    if (rota === undefined) return undefined;
    const { members } = rota;
    for (let i = 0; i < members.length; i++) {
      rota.offset = (rota.offset + 1) % members.length;
      const app = members[rota.offset] as A;
      if (preferTag === undefined || app.tag === preferTag) return app;
    }
    return preferTag === undefined ? undefined : this.pick(verb);
  }

  /** An app that may own dialogs of this tag: of the same tag, or any for dialogs of an app without one. */
  ownerFor(tag: string): A | undefined {
    let candidate: A | undefined;
    for (const app of this.#apps) {
      if (tag !== '' && app.tag !== tag) continue;
      if (app.isReady) return app;
      candidate ??= app;
    }
    return candidate;
  }
}
