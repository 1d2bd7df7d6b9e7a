/** The law of the live screens: snapshot + patches = a fresh snapshot, whatever is lost on the way. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  emptyLiveState,
  loseLive,
  nextLiveState,
  type LiveState,
} from '../../../admin-ui/shared/live-state.ts';
import type { LiveMessage } from '../../../server/contract/live.ts';
import { diffMergePatch, type JsonObject } from '../../../server/contract/merge-patch.ts';

const leaf = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.string({ maxLength: 3 }), fc.boolean());
const tree = fc.dictionary(
  fc.constantFrom('a', 'b', 'c', 'd'),
  fc.oneof(
    leaf,
    fc.dictionary(
      fc.constantFrom('x', 'y', 'z'),
      fc.oneof(leaf, fc.dictionary(fc.constantFrom('p', 'q'), leaf)),
    ),
  ),
) as fc.Arbitrary<JsonObject>;

const snapshot = (n: number, state: JsonObject): LiveMessage =>
  ({ type: 'snapshot', n, serverAt: n, eventAt: n, state }) as unknown as LiveMessage;

describe('live state', () => {
  it('equals the server after every stream that it calls live, with losses and resyncs', () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ next: tree, isLost: fc.boolean() }), { minLength: 1, maxLength: 30 }),
        (steps) => {
          let server: JsonObject = {};
          let n = 0;
          let state: LiveState = nextLiveState(emptyLiveState, snapshot(0, server)).state;
          for (const { next, isLost } of steps) {
            const patch = diffMergePatch(server, next);
            if (!patch) continue;
            server = next;
            n += 1;
            if (isLost) continue;
            const result = nextLiveState(state, { type: 'patch', n, serverAt: n, eventAt: n, patch });
            state = result.state;
            if (result.effect === 'resync') {
              expect(state.phase).to.equal('lost');
              state = nextLiveState(state, snapshot(n, server)).state;
            }
            expect(state.phase).to.equal('live');
            expect(state.tree).to.deep.equal(server);
          }
          // What was lost at the very end is found by the next beat.
          const beat = nextLiveState(state, { type: 'beat', n, serverAt: n });
          expect(beat.effect).to.equal(state.n === n ? 'none' : 'resync');
        },
      ),
      { numRuns: 200 },
    );
  });

  it('lays no patch over a snapshot that is newer than it', () => {
    const state = nextLiveState(emptyLiveState, snapshot(5, { a: 1 })).state;
    const late = nextLiveState(state, { type: 'patch', n: 5, serverAt: 0, eventAt: 0, patch: { a: 0 } });
    expect(late.effect).to.equal('none');
    expect(late.state.tree).to.deep.equal({ a: 1 });
  });

  it('takes no patch while it is lost, and shows nothing more after a revocation', () => {
    const lost = loseLive(nextLiveState(emptyLiveState, snapshot(1, { a: 1 })).state);
    expect(
      nextLiveState(lost, { type: 'patch', n: 2, serverAt: 0, eventAt: 0, patch: { a: 2 } }).state,
    ).to.equal(lost);
    const revoked = nextLiveState(lost, { type: 'revoked' });
    expect(revoked.effect).to.equal('revoked');
    expect(revoked.state.tree).to.equal(undefined);
    expect(nextLiveState(revoked.state, snapshot(2, { a: 2 })).state.tree).to.equal(undefined);
  });
});
