/** Tones that a browser may forbid, and the preview that listens to its own origin and parent only. */
import { expect } from 'chai';
import { createTones } from '../../../../wallboard/live/tones.ts';
import { isPreviewAddress, listenForPreview } from '../../../../wallboard/live/preview.ts';
import { boardTree } from '../../../support/ui-boards.ts';
import { createFloor } from '../../../support/ui-floor.ts';

class FakeAudio {
  state = 'running';
  currentTime = 0;
  destination = {};
  started = 0;
  stopped = 0;
  closed = false;
  addEventListener(): void {}
  removeEventListener(): void {}
  createOscillator() {
    return {
      frequency: { value: 0 },
      connect: () => undefined,
      disconnect: () => undefined,
      start: () => (this.started += 1),
      stop: () => (this.stopped += 1),
    };
  }
  createGain() {
    const ramp = () => undefined;
    return {
      gain: { setValueAtTime: ramp, linearRampToValueAtTime: ramp },
      connect: ramp,
      disconnect: ramp,
    };
  }
  resume(): Promise<void> {
    this.state = 'running';
    return Promise.resolve();
  }
  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
const tonesOf = (audio: FakeAudio | undefined) =>
  createTones({ open: () => audio as unknown as AudioContext | undefined });

describe('tones of a display', () => {
  it('sound at once where they may, and stop when somebody says so', () => {
    const audio = new FakeAudio();
    const tones = tonesOf(audio);
    tones.ring();
    expect(audio.started).to.equal(6);
    expect(tones.isSounding.value).to.equal(true);
    tones.silence();
    expect(audio.stopped).to.equal(12);
    expect(tones.isSounding.value).to.equal(false);
    tones.close();
    expect(audio.closed).to.equal(true);
  });
  it('stay silent until the page was touched', async () => {
    const audio = new FakeAudio();
    audio.state = 'suspended';
    const tones = tonesOf(audio);
    tones.ring();
    expect(audio.started).to.equal(0);
    expect(tones.isAllowed.value).to.equal(false);
    tones.touch();
    await Promise.resolve();
    await Promise.resolve();
    expect(tones.isAllowed.value).to.equal(true);
    tones.close();
  });
  it('are none where the browser has none', () => {
    const tones = tonesOf(undefined);
    tones.ring();
    tones.touch();
    expect(tones.isSounding.value).to.equal(false);
    tones.close();
  });
});

describe('the preview of the editor', () => {
  const startAt = Date.UTC(2026, 10, 21, 14);
  const state = createFloor({
    scenario: 'calm',
    queues: 2,
    agents: 4,
    language: 'en',
    seed: 1,
    startAt,
  }).state();
  const tree = boardTree({ language: 'en' }, state, startAt);
  function fakeWindow() {
    const posted: unknown[] = [];
    let take: ((event: unknown) => void) | undefined;
    const parent = { postMessage: (data: unknown, origin: string) => posted.push([data, origin]) };
    const made = {
      location: { origin: 'https://house' },
      parent,
      addEventListener: (_name: string, listener: (event: unknown) => void) => (take = listener),
      removeEventListener: () => (take = undefined),
    };
    return {
      window: made as unknown as Window,
      posted,
      parent,
      send: (event: object) => take?.({ origin: 'https://house', source: parent, ...event }),
    };
  }

  it('says when it listens, and shows the latest tree of its parent', () => {
    const fake = fakeWindow();
    const { source, stop } = listenForPreview(fake.window);
    expect(fake.posted).to.deep.equal([[{ kind: 'hearthline-preview-ready' }, 'https://house']]);
    fake.send({ data: { kind: 'hearthline-preview', tree } });
    expect(source.tree.value).to.equal(tree);
    const next = { ...tree, alerts: {} };
    fake.send({ data: { kind: 'hearthline-preview', tree: next } });
    expect(source.tree.value).to.equal(next);
    stop();
  });
  it('hears nobody else', () => {
    const fake = fakeWindow();
    const { source, stop } = listenForPreview(fake.window);
    const data = { kind: 'hearthline-preview', tree };
    fake.send({ origin: 'https://elsewhere', data });
    fake.send({ source: {}, data });
    for (const other of [
      null,
      'text',
      { kind: 'other', tree },
      { kind: 'hearthline-preview' },
      { ...data, tree: null },
    ])
      fake.send({ data: other });
    expect(source.tree.value).to.equal(undefined);
    stop();
  });
  it('is asked for by the address', () => {
    expect(isPreviewAddress('?preview')).to.equal(true);
    expect(isPreviewAddress('?lang=en&preview=1')).to.equal(true);
    expect(isPreviewAddress('?lang=en')).to.equal(false);
  });
});
