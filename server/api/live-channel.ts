/**
 * One scope's tree and its frames: a snapshot of the tree as of number n, and the patch from n to n+1. Each frame is
 * encoded once for all sockets. Has no timers and knows no sockets.
 * Race stopped: the snapshot is always of the tree last told about, never of a newer one, so the next patch fits it.
 */
import type { LiveMessage, LiveScope } from '../contract/live.ts';
import { diffMergePatch } from '../contract/merge-patch.ts';
import type { JsonObject } from '../contract/merge-patch.ts';
import type { Clock, LiveSource } from './ports.ts';

export const encodeFrame = (message: LiveMessage): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

export class LiveChannel {
  readonly scope: LiveScope;
  readonly #source: LiveSource;
  readonly #clock: Clock;
  #n = 0;
  #tree: JsonObject | undefined;
  /** Text of the tree, made when a snapshot is asked for and shared by all who ask before the next change. */
  #treeText: string | undefined;
  #eventAt = 0;
  #snapshotBytes = 0;

  constructor(scope: LiveScope, source: LiveSource, clock: Clock) {
    this.scope = scope;
    this.#source = source;
    this.#clock = clock;
  }

  get n(): number {
    return this.#n;
  }

  /** A socket that was sent a large snapshot may have that much under way. */
  get snapshotBytes(): number {
    return this.#snapshotBytes;
  }

  /** Takes the newest tree. The frame of the difference; undefined where there is none to tell. Throws what the source throws. */
  refresh(): Buffer | undefined {
    const next = this.#read();
    const before = this.#tree;
    const patch = before === undefined ? undefined : diffMergePatch(before, next);
    if (before !== undefined && patch === undefined) return undefined;
    this.#tree = next;
    this.#treeText = undefined;
    this.#eventAt = this.#source.eventAt();
    this.#n += 1;
    if (patch === undefined) return undefined;
    const { n } = this;
    return encodeFrame({ type: 'patch', n, serverAt: this.#clock.now(), eventAt: this.#eventAt, patch });
  }

  snapshot(): Buffer {
    this.#treeText ??= JSON.stringify(this.#tree ?? {});
    const head = `{"type":"snapshot","n":${this.#n},"serverAt":${this.#clock.now()},"eventAt":${this.#eventAt}`;
    const frame = Buffer.from(`${head},"state":${this.#treeText}}`, 'utf8');
    this.#snapshotBytes = frame.length;
    return frame;
  }

  beat(): Buffer {
    return encodeFrame({ type: 'beat', n: this.#n, serverAt: this.#clock.now() });
  }

  #read(): JsonObject {
    const tree = this.scope === 'board' ? this.#source.board() : this.#source.floor();
    // The states are plain JSON trees by contract; interfaces have no index signature, hence the cast.
    return tree as unknown as JsonObject;
  }
}
