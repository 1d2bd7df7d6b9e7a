/** Which patches are of an event and which of the clock alone: a screen measures only the first from event to pixel (N3). */
import { expect } from 'chai';
import { LiveChannel } from '../../../../server/api/live-channel.ts';
import type { LiveTrees } from '../../../../server/api/live-view.ts';

describe('a live channel', () => {
  let tree: object = {};
  let eventAt = 1000;
  const trees: LiveTrees = { treeOf: () => tree as ReturnType<LiveTrees['treeOf']>, eventAt: () => eventAt };
  const channel = new LiveChannel({ kind: 'board' }, { now: () => 9000, monotonicMs: () => 0 });
  const refresh = (next: object, at: number): { n: number; eventAt: number } | undefined => {
    tree = next;
    eventAt = at;
    const frame = channel.refresh(trees);
    return frame && (JSON.parse(String(frame)) as { n: number; eventAt: number });
  };

  it('dates a patch by the event that brought it, and none by an event that changed nothing', () => {
    refresh({ a: 1 }, 1000);
    expect(refresh({ a: 2 }, 2000)).to.include({ n: 2, eventAt: 2000 });
    // An event that this tree does not show, and later a change by the clock: not of that event.
    expect(refresh({ a: 2 }, 3000)).to.equal(undefined);
    expect(refresh({ a: 3 }, 3000)).to.include({ n: 3, eventAt: 2000 });
    expect(refresh({ a: 4 }, 4000)).to.include({ n: 4, eventAt: 4000 });
  });
});
