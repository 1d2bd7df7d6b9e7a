/** The law of the customer's chat: whatever is cut, doubled, refused or reloaded, every line is kept once and shown once. */
import { expect } from 'chai';
import fc from 'fast-check';
import { nextChat, unreadCount } from '../../../../admin-ui/widget/chat-session-state.ts';
import {
  closedChat,
  type ChatEvent,
  type ChatSession,
} from '../../../../admin-ui/widget/chat-session-types.ts';
import { maxOutLines, maxTextLength } from '../../../../admin-ui/widget/chat-lines.ts';
import { shownLines } from '../../../../admin-ui/widget/shown-lines.ts';
import { ChatWorld, type Tab } from './chat-world.ts';

const tabCount = 3;
const acts = [
  'write',
  'up',
  'down',
  'twice',
  'cut',
  'open',
  'bus',
  'reload',
  'agent',
  'restart',
  'refuse',
  'retry',
] as const;
const act = fc.record({
  what: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('write', 'up', 'down', 'open', 'bus') },
    { weight: 1, arbitrary: fc.constantFrom(...acts) },
  ),
  tab: fc.nat({ max: tabCount - 1 }),
});

interface Written {
  text: string;
  tab: number;
}

function perform(world: ChatWorld, tab: Tab, what: (typeof acts)[number], write: () => void): void {
  switch (what) {
    case 'write':
      write();
      return;
    case 'up':
      world.deliverUp(tab);
      return;
    case 'down':
      world.deliverDown(tab);
      return;
    case 'twice':
      world.deliverDown(tab, true);
      return;
    case 'cut':
      world.cut(tab);
      return;
    case 'open':
      world.open(tab);
      return;
    case 'bus':
      world.hearTab(tab);
      return;
    case 'reload':
      world.reload(tab);
      return;
    case 'agent':
      world.add({ from: 'agent', text: `agent ${world.lines.length}` });
      return;
    case 'restart':
      for (const each of world.tabs) world.cut(each);
      return;
    case 'refuse':
      world.isRefusing = !world.isRefusing;
      return;
    case 'retry':
      world.retry(tab);
  }
}

/** Not one text may be nowhere, and no tab may show one twice. */
function checkAlways(world: ChatWorld, written: readonly Written[]): void {
  const kept = new Set(world.lines.map((line) => line.text));
  const stored = new Set([...(world.stored?.lines.values() ?? [])].map((line) => line.text));
  for (const { text } of written)
    expect(kept.has(text) || stored.has(text), `${text} is nowhere`).to.equal(true);
  for (const tab of world.tabs) {
    const texts = shownLines(tab.state).map((line) => line.text);
    expect(texts).to.deep.equal([...new Set(texts)]);
    expect(tab.state.lines.map((line) => line.seq)).to.deep.equal(
      tab.state.lines.map((_, index) => index + 1),
    );
  }
}

function checkAtRest(world: ChatWorld, written: readonly Written[], hasRefused: boolean): void {
  const texts = world.lines.map((line) => line.text);
  for (const { text } of written)
    expect(
      texts.filter((other) => other === text),
      text,
    ).to.have.length(1);
  for (const tab of world.tabs) {
    expect(tab.state.out).to.deep.equal([]);
    expect(tab.state.lines).to.deep.equal(world.lines);
    expect(tab.state.phase).to.equal(world.serverState.phase);
  }
  expect(world.stored?.lines.size).to.equal(0);
  if (hasRefused) return;
  // A line that was refused and sent again has lost its place; otherwise the order of writing is the order of the server.
  for (let tab = 0; tab < tabCount; tab += 1) {
    const own = written.filter((one) => one.tab === tab).map((one) => one.text);
    expect(texts.filter((text) => own.includes(text))).to.deep.equal(own);
  }
}

function begun(tabs: number): ChatWorld {
  const world = new ChatWorld(tabs);
  const [first] = world.tabs;
  if (first) world.begin(first);
  world.settle();
  return world;
}
const tabOf = (world: ChatWorld, index: number): Tab => {
  const tab = world.tabs[index];
  if (!tab) throw new Error('there is no such tab');
  return tab;
};
const apply = (state: ChatSession, ...events: ChatEvent[]): ChatSession =>
  events.reduce((now, event) => nextChat(now, event).state, state);

describe('chat session state', () => {
  it('keeps every line exactly once, in order, in every tab, through cuts, repeats, reloads and refusals', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 1, maxLength: 120 }), (steps) => {
        const world = begun(tabCount);
        const written: Written[] = [];
        let hasRefused = false;
        for (const { what, tab: index } of steps) {
          const tab = tabOf(world, index);
          perform(world, tab, what, () => {
            if (tab.state.out.length >= maxOutLines) return;
            const text = `text ${written.length}`;
            world.write(tab, text);
            written.push({ text, tab: index });
          });
          hasRefused ||= what === 'refuse';
          checkAlways(world, written);
        }
        world.isRefusing = false;
        world.settle();
        for (let rounds = 0; world.tabs.some((tab) => tab.state.out.length > 0); rounds += 1) {
          expect(rounds).to.be.lessThan(200);
          for (const tab of world.tabs) {
            world.retry(tab);
            world.settle();
          }
        }
        checkAtRest(world, written, hasRefused);
      }),
      { numRuns: 400 },
    );
  });

  it('shows in one tab what another is still sending', () => {
    const world = begun(2);
    const [one, other] = [tabOf(world, 0), tabOf(world, 1)];
    world.cut(one);
    world.write(one, 'hello');
    world.hearTab(other);
    expect(shownLines(other.state).map((line) => [line.text, line.status])).to.deep.equal([
      ['hello', 'pending'],
    ]);
    // The other tab's link brings it over, and the writer learns of it from the server.
    world.cut(other);
    world.settle();
    expect(world.lines.map((line) => line.text)).to.deep.equal(['hello']);
    expect(one.state.out).to.deep.equal([]);
  });

  it('sends the question as the first line of a session, and keeps it when the start is refused', () => {
    const asking = apply(
      closedChat,
      { type: 'opened', isOpen: true },
      { type: 'drafted', draft: { text: 'my card', attachments: [] } },
      { type: 'submitted', request: { language: 'en', consent: { version: '7' } }, at: 99 },
    );
    const refused = apply(asking, { type: 'refused', code: 'too-many-tries' });
    expect(refused).to.include({ phase: 'asking', fault: 'too-many-tries' });
    expect(refused.draft.text).to.equal('my card');
    expect(apply(asking, { type: 'refused', code: 'closed' }).phase).to.equal('offline');
    const { state, effects } = nextChat(asking, { type: 'started', token: 't', clientId: 'c', order: 5 });
    expect(state.consent).to.deep.equal({ version: '7', at: 99 });
    expect(state.out.map((line) => line.text)).to.deep.equal(['my card']);
    expect(state.draft.text).to.equal('');
    expect(effects.map((effect) => effect.type)).to.deep.equal(['keep', 'keep', 'connect']);
  });

  it('begins anew when the session is gone, with everything unsent and typed back in the draft', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.cut(tab);
    world.write(tab, 'first');
    world.write(tab, 'second');
    world.dispatch(tab, { type: 'drafted', draft: { text: 'thi', attachments: [] } });
    world.token = 'another';
    world.settle();
    expect(tab.state).to.include({ phase: 'asking', token: undefined, fault: 'gone' });
    expect(tab.state.draft.text).to.equal('first\nsecond\nthi');
    expect(world.stored).to.equal(undefined);
    expect(tab.wantsLink).to.equal(false);
  });

  it('takes the session that another tab began, and leaves with it', () => {
    const world = new ChatWorld(2);
    const [one, other] = [tabOf(world, 0), tabOf(world, 1)];
    world.dispatch(other, { type: 'opened', isOpen: true });
    world.begin(one);
    world.settle();
    expect(other.state.phase).to.equal('waiting');
    world.setState({ phase: 'ended', by: 'agent' });
    world.settle();
    world.dispatch(one, { type: 'again' });
    world.settle();
    expect([one.state.phase, other.state.phase]).to.deep.equal(['closed', 'closed']);
    expect(other.wantsLink).to.equal(false);
  });

  it('drops its own late session when another tab was quicker', () => {
    const asking = apply(
      closedChat,
      { type: 'opened', isOpen: true },
      { type: 'submitted', request: { language: 'en' }, at: 1 },
      { type: 'shared', share: { type: 'session', token: 'theirs' } },
      { type: 'started', token: 'ours', clientId: 'c', order: 1 },
    );
    expect(asking.token).to.equal('theirs');
    expect(asking.ignored).to.deep.equal({ 'started-twice': 1 });
  });

  it('says that it ends as soon as that can be heard, after what was written before', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.cut(tab);
    world.write(tab, 'good-bye');
    world.dispatch(tab, { type: 'end-asked' });
    world.write(tab, 'too late');
    expect(tab.state.ignored).to.deep.equal({ 'write-without-session': 1 });
    world.settle();
    expect(world.lines.map((line) => line.text)).to.deep.equal(['good-bye']);
    expect(tab.state).to.include({ phase: 'ended', endedBy: 'customer', isEnding: false });
  });

  it('marks what was refused, keeps it over a reload, and lets it be thrown away', () => {
    const world = begun(2);
    const [one, other] = [tabOf(world, 0), tabOf(world, 1)];
    world.isRefusing = true;
    world.write(one, 'no');
    world.settle();
    world.reload(one);
    world.settle();
    const [failed] = one.state.out;
    expect(failed).to.include({ status: 'failed', reason: 'too-many' });
    expect(other.state.out.map((line) => line.status)).to.deep.equal(['failed']);
    world.dispatch(one, { type: 'discarded', clientId: failed?.clientId ?? '' });
    world.settle();
    expect([one.state.out, other.state.out, world.stored?.lines.size]).to.deep.equal([[], [], 0]);
  });

  it('asks again when a line is missing, rather than showing the next', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.add({ from: 'agent', text: 'one' });
    world.add({ from: 'agent', text: 'two' });
    tab.link?.down.shift();
    world.deliverDown(tab);
    expect(tab.state.lines).to.deep.equal([]);
    expect(tab.link).to.equal(undefined);
    world.settle();
    expect(tab.state.lines.map((line) => line.text)).to.deep.equal(['one', 'two']);
  });

  it('needs no link once it has ended, unless a line is still open', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.setState({ phase: 'ended', by: 'idle' });
    world.settle();
    world.cut(tab);
    expect(tab.wantsLink).to.equal(false);
    const open = begun(1);
    const writer = tabOf(open, 0);
    open.write(writer, 'kept?');
    open.dispatch(writer, { type: 'frame', frame: { type: 'state', state: { phase: 'ended', by: 'idle' } } });
    open.cut(writer);
    expect(writer.wantsLink).to.equal(true);
    open.settle();
    expect(writer.state.out).to.deep.equal([]);
  });

  it('counts lines of agents as unread until a tab has them in sight', () => {
    const world = begun(2);
    const [one, other] = [tabOf(world, 0), tabOf(world, 1)];
    world.add({ from: 'agent', text: 'one' });
    world.add({ from: 'system', text: 'notice' });
    world.settle();
    expect(unreadCount(one.state)).to.equal(1);
    world.dispatch(other, { type: 'seen' });
    world.settle();
    expect(unreadCount(one.state)).to.equal(0);
  });

  it('sends what is too long for one line in several, and cuts nothing off', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.write(tab, 'x'.repeat(maxTextLength + 3));
    expect(tab.state.draft.text).to.equal('xxx');
    world.settle();
    expect(world.lines.map((line) => line.text.length)).to.deep.equal([maxTextLength]);
  });

  it('takes no more than its storage may hold, and says so', () => {
    const world = begun(1);
    const tab = tabOf(world, 0);
    world.cut(tab);
    for (let index = 0; index < maxOutLines; index += 1) world.write(tab, `text ${index}`);
    world.dispatch(tab, { type: 'drafted', draft: { text: 'one more', attachments: [] } });
    world.write(tab, 'one more');
    expect(tab.state.out).to.have.length(maxOutLines);
    expect(tab.state).to.include({ fault: 'too-many' });
    expect(tab.state.draft.text).to.equal('one more');
  });

  it('ignores and counts what means nothing where it comes', () => {
    const state = apply(
      closedChat,
      { type: 'frame', frame: { type: 'typing' } },
      { type: 'wrote', clientId: 'c', text: 'x', attachments: [], order: 1 },
      { type: 'again' },
      { type: 'end-asked' },
      { type: 'shared', share: { type: 'read', token: 'other', seq: 3 } },
    );
    expect(state.ignored).to.deep.equal({
      'frame-without-session': 1,
      'write-without-session': 1,
      'again-in-session': 1,
      'end-without-session': 1,
      'share-of-another-session': 1,
    });
    expect({ ...state, ignored: {} }).to.deep.equal(closedChat);
  });
});
