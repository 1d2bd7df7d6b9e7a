import { expect } from 'chai';
import fc from 'fast-check';
import { FrameReader, MAX_FRAME_BYTES, encodeFrame } from '../../../../../sip/engine/control/framing.ts';
import { AppRegistry } from '../../../../../sip/engine/control/registry.ts';

function readAll(chunks: string[]): { payloads: string[]; error: string | undefined } {
  const reader = new FrameReader();
  const payloads: string[] = [];
  let error: string | undefined;
  for (const chunk of chunks) {
    error ??= reader.push(chunk, (payload) => {
      payloads.push(payload);
      return true;
    });
  }
  return { payloads, error };
}

describe('sip engine control: framing', () => {
  it('law: whatever was framed comes out, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ minLength: 1, maxLength: 40, unit: 'binary-ascii' }), { maxLength: 10 }),
        fc.array(fc.nat(200), { maxLength: 10 }),
        (payloads, cuts) => {
          const stream = payloads.map(encodeFrame).join('');
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, stream.length)).toSorted((a, b) => a - b),
            stream.length,
          ];
          const chunks = places.slice(1).map((end, i) => stream.slice(places[i], end));
          expect(readAll(chunks)).to.deep.equal({ payloads, error: undefined });
        },
      ),
    );
  });

  it('takes frames up to the limit and no further', () => {
    const largest = 'x'.repeat(MAX_FRAME_BYTES);
    expect(readAll([encodeFrame(largest)]).payloads).to.have.length(1);
    expect(readAll([`${MAX_FRAME_BYTES + 1}#`]).error).to.equal('frame too large');
    expect(readAll(['1234567890123']).error).to.equal('frame too large');
  });

  it('refuses what is no frame', () => {
    for (const bad of ['hello#world', '#x', '-1#x', '1a#x']) {
      expect(readAll([bad]).error, bad).to.equal('malformed frame');
    }
  });
});

describe('sip engine control: registry', () => {
  const member = (tag: string, isReady = true): { tag: string; isReady: boolean } => ({ tag, isReady });

  it('goes round the members of a verb, each counted once', () => {
    const registry = new AppRegistry<ReturnType<typeof member>>();
    const [a, b] = [member('a'), member('b')];
    for (const app of [a, b]) {
      registry.add(app);
      registry.addRoute(app, 'invite');
      registry.addRoute(app, 'invite');
    }
    const picks = Array.from({ length: 4 }, () => registry.pick('invite')?.tag);
    expect(picks).to.deep.equal(['b', 'a', 'b', 'a']);
    registry.removeRoute(a, 'invite');
    expect(registry.pick('invite')).to.equal(b);
    registry.remove(b);
    expect(registry.pick('invite')).to.equal(undefined);
  });

  it('finds an owner by tag, a ready one first; dialogs without a tag belong to anybody', () => {
    const registry = new AppRegistry<ReturnType<typeof member>>();
    const [fresh, ready] = [member('a', false), member('a')];
    registry.add(fresh);
    expect(registry.ownerFor('a')).to.equal(fresh);
    registry.add(ready);
    expect(registry.ownerFor('a')).to.equal(ready);
    expect(registry.ownerFor('')).to.equal(ready);
    expect(registry.ownerFor('b')).to.equal(undefined);
  });
});
