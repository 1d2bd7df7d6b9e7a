/**
 * One tree and its frames: a snapshot of the tree as of number n, and the patch from n to n+1. Each frame is encoded once
 * for all sockets. Has no timers, knows no sockets and no source.
 * Race stopped: the snapshot is always of the tree last told about, never of a newer one, so the next patch fits it.
 */
import type { LiveMessage } from '../contract/live.ts';
import { diffMergePatch } from '../contract/merge-patch.ts';
import type { JsonObject } from '../contract/merge-patch.ts';
import { keyOfView } from './live-view.ts';
import type { LiveTrees, LiveView } from './live-view.ts';
import type { Clock } from './ports.ts';

export const encodeFrame = (message: LiveMessage): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

export class LiveChannel {
  readonly view: LiveView;
  readonly key: string;
  readonly #clock: Clock;
  #n = 0;
  #tree: JsonObject | undefined;
  /** Text of the tree, made when a snapshot is asked for and shared by all who ask before the next change. */
  #treeText: string | undefined;
  #eventAt = 0;
  /** The newest event that the tree was read after: a patch that no event since has caused is by the clock alone. */
  #heardAt = 0;
  #snapshotBytes = 0;

  constructor(view: LiveView, clock: Clock) {
    this.view = view;
    this.key = keyOfView(view);
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
  refresh(trees: LiveTrees): Buffer | undefined {
    // The states are plain JSON trees by contract; interfaces have no index signature, hence the cast.
    const next = trees.treeOf(this.view) as unknown as JsonObject;
    const eventAt = trees.eventAt();
    const isByEvent = eventAt !== this.#heardAt;
    this.#heardAt = eventAt;
    const before = this.#tree;
    const patch = before === undefined ? undefined : diffMergePatch(before, next);
    if (before !== undefined && patch === undefined) return undefined;
    this.#tree = next;
    this.#treeText = undefined;
    if (isByEvent) this.#eventAt = eventAt;
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
}
