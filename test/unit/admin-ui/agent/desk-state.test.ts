/** The desk's fold: threads beside frames, own messages that are never doubled, what is unread, gaps and cuts. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  emptyDeskState,
  layIn,
  messagesKept,
  nextDeskState,
  unreadOf,
  type DeskInput,
  type DeskState,
} from '../../../../admin-ui/agent/desk-state.ts';
import type { MessageView } from '../../../../server/contract/desk.ts';
import { contactOf, deskOf, messageOf, pendingOf, threadOf } from './world.ts';

const run = (inputs: DeskInput[], from: DeskState = emptyDeskState): DeskState =>
  inputs.reduce((state, input) => nextDeskState(state, input).state, from);
const deskFrame = (n: number, ids: string[] = ['c1']): DeskInput => ({
  type: 'frame',
  frame: { type: 'desk', n, serverAt: 0, desk: deskOf(ids.map((id) => contactOf(id))) },
});
const messageFrame = (n: number, message: MessageView): DeskInput => ({
  type: 'frame',
  frame: { type: 'message', n, serverAt: 0, message },
});
const texts = (state: DeskState, contactId = 'c1') =>
  state.threads[contactId]?.view.messages.map((message) => `${message.seq} ${message.delivery}`);

describe('desk state', () => {
  it('sees a lost frame by its number, and takes nothing of it', () => {
    const state = run([deskFrame(4)]);
    const { state: after, effect } = nextDeskState(state, messageFrame(6, messageOf(1)));
    expect(effect).to.equal('gap');
    expect(after).to.equal(state);
    expect(nextDeskState(state, messageFrame(5, messageOf(1))).effect).to.equal('none');
  });

  it('lays what came while a thread was asked for over the answer', () => {
    const state = run([
      deskFrame(1),
      { type: 'thread-asked', contactId: 'c1' },
      messageFrame(2, messageOf(2)),
      messageFrame(3, messageOf(1, { delivery: 'delivered' })),
      { type: 'thread', thread: threadOf([messageOf(1, { delivery: 'sent' })]) },
    ]);
    expect(texts(state)).to.deep.equal(['1 delivered', '2 none']);
  });

  it('changes a message of an older contact in the thread that holds it', () => {
    const old = messageOf(1, { contactId: 'c0', delivery: 'sent' });
    const state = run([
      deskFrame(1),
      { type: 'thread', thread: threadOf([old, messageOf(2)]) },
      messageFrame(2, { ...old, delivery: 'failed', fault: 'no such mailbox' }),
    ]);
    expect(texts(state)).to.deep.equal(['1 failed', '2 none']);
  });

  it('forgets the threads of contacts that left the desk, and takes no late answer for them', () => {
    const state = run([
      deskFrame(1, ['c1', 'c2']),
      { type: 'thread', thread: threadOf([messageOf(1)]) },
      deskFrame(2, ['c2']),
      { type: 'thread', thread: threadOf([messageOf(1)]) },
    ]);
    expect(state.threads).to.deep.equal({});
  });

  it('keeps only what is open over a cut, and what was written', () => {
    const state = run([
      deskFrame(1, ['c1', 'c2']),
      { type: 'thread', thread: threadOf([messageOf(1)]) },
      { type: 'thread', thread: threadOf([messageOf(1)], 'c2') },
      { type: 'write', pending: pendingOf('one') },
      { type: 'read', contactId: 'c1', seq: 1 },
      { type: 'cut', keep: 'c1' },
    ]);
    expect(Object.keys(state.threads)).to.deep.equal(['c1']);
    expect(state.pending.map((own) => own.clientId)).to.deep.equal(['one']);
    expect(state).to.deep.include({ n: undefined, isLive: false, readSeq: {} });
    expect(run([{ type: 'revoked' }], state)).to.deep.include({ desk: undefined, threads: {} });
  });

  it('never lets an answer undo a frame that overtook it', () => {
    const own = messageOf(3, { clientId: 'one', author: 'agent', delivery: 'queued' });
    const state = run([
      deskFrame(1),
      { type: 'thread', thread: threadOf([]) },
      { type: 'write', pending: pendingOf('one') },
      messageFrame(2, { ...own, delivery: 'sent' }),
      { type: 'sent', clientId: 'one', message: own },
    ]);
    expect(texts(state)).to.deep.equal(['3 sent']);
    expect(state.pending).to.deep.equal([]);
  });

  it('says what became of a message: unanswered, again, refused, dropped', () => {
    const written = run([{ type: 'write', pending: pendingOf('one') }]);
    const unanswered = run([{ type: 'unanswered', clientId: 'one' }], written);
    expect(unanswered.pending[0]?.state).to.equal('waiting');
    const again = run([{ type: 'again', clientId: 'one' }], unanswered);
    expect(again.pending[0]?.state).to.equal('sending');
    const refused = run([{ type: 'refused', clientId: 'one', why: 'customer-gone' }], again);
    expect(refused.pending[0]).to.include({ state: 'refused', why: 'customer-gone' });
    expect(run([{ type: 'drop', clientId: 'one' }], refused).pending).to.deep.equal([]);
  });

  it('counts what is unread by what was seen here, else as the server does', () => {
    const thread = threadOf([
      messageOf(1),
      messageOf(2, { author: 'agent' }),
      messageOf(3),
      messageOf(4, { isNote: true }),
    ]);
    const held = run([deskFrame(1), { type: 'thread', thread }]);
    const contact = contactOf('c1', { unread: 7 });
    expect(unreadOf(held, contact)).to.equal(7);
    const seen = run([{ type: 'read', contactId: 'c1', seq: 1 }], held);
    expect(unreadOf(seen, contact)).to.equal(1);
    expect(unreadOf(run([{ type: 'read', contactId: 'c1', seq: 3 }], seen), contact)).to.equal(0);
    // An older mark does not make unread again.
    expect(
      unreadOf(
        run(
          [
            { type: 'read', contactId: 'c1', seq: 3 },
            { type: 'read', contactId: 'c1', seq: 1 },
          ],
          seen,
        ),
        contact,
      ),
    ).to.equal(0);
  });

  it('keeps the newest messages in order, however many come', () => {
    const many = Array.from({ length: messagesKept + 20 }, (_, index) => messageOf(index + 1));
    const kept = layIn(many.slice(300), many.slice(0, 300).reverse());
    expect(kept).to.have.length(messagesKept);
    expect(kept[0]?.seq).to.equal(21);
    expect(kept.at(-1)?.seq).to.equal(messagesKept + 20);
  });
});

/**
 * A server with one thread. Steps change it and put frames on the wire; a thread that is asked for is read at one moment
 * and answered at a later one; sends arrive or not, are answered or not, and are repeated.
 */
type Step =
  'customer' | 'deliver' | 'hear' | 'ask' | 'read' | 'answer' | 'write' | 'arrive' | 'reply' | 'lose';
const steps: Step[] = [
  'customer',
  'deliver',
  'hear',
  'hear',
  'ask',
  'read',
  'answer',
  'write',
  'arrive',
  'arrive',
  'reply',
  'lose',
];

function play(plan: readonly Step[]) {
  let messages: MessageView[] = [];
  const wire: DeskInput[] = [deskFrame(1)];
  let n = 1;
  let written = 0;
  let wasAsked = false;
  let answer: MessageView[] | undefined;
  const replies: DeskInput[] = [];
  let state = emptyDeskState;
  const seen: DeskState[] = [];
  const take = (input: DeskInput | undefined) => {
    if (!input) return;
    state = nextDeskState(state, input).state;
    seen.push(state);
  };
  const change = (message: MessageView) => {
    messages = layIn(messages, [message]);
    n += 1;
    wire.push(messageFrame(n, message));
  };
  const act: Record<Step, () => void> = {
    customer: () => change(messageOf(messages.length + 1)),
    deliver: () => {
      const own = messages.findLast((message) => message.delivery === 'queued');
      if (own) change({ ...own, delivery: 'sent' });
    },
    hear: () => take(wire.shift()),
    ask: () => {
      if (wasAsked || !state.isLive) return;
      wasAsked = true;
      take({ type: 'thread-asked', contactId: 'c1' });
    },
    read: () => {
      if (wasAsked) answer ??= messages;
    },
    answer: () => {
      if (!answer) return;
      take({ type: 'thread', thread: threadOf(answer) });
      answer = undefined;
      wasAsked = false;
    },
    write: () => {
      written += 1;
      take({ type: 'write', pending: pendingOf(`w${written}`) });
    },
    arrive: () => {
      const own = state.pending.find((pending) => pending.state !== 'refused');
      if (!own) return;
      if (own.state === 'waiting') take({ type: 'again', clientId: own.clientId });
      const known = messages.find((message) => message.clientId === own.clientId);
      const message =
        known ??
        messageOf(messages.length + 1, { clientId: own.clientId, author: 'agent', delivery: 'queued' });
      if (!known) change(message);
      replies.push({ type: 'sent', clientId: own.clientId, message });
    },
    reply: () => take(replies.shift()),
    lose: () => {
      const lost = replies.shift();
      if (lost?.type === 'sent') take({ type: 'unanswered', clientId: lost.clientId });
    },
  };
  for (const step of plan) act[step]();
  return {
    seen,
    /** What is under way ends; a thread that is held already is not asked for again. */
    settle: () => {
      for (let left = 2 * plan.length + 4; left > 0; left -= 1) {
        act.hear();
        if (!state.threads['c1']) act.ask();
        for (const step of ['read', 'answer', 'arrive', 'reply'] as const) act[step]();
      }
      while (wire.length > 0) act.hear();
      return { state, messages };
    },
  };
}

describe('desk state, in any order of frames, answers and losses', () => {
  const plans = fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 60 });

  it('ends with the thread of the server and nothing pending', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const { state, messages } = play(plan).settle();
        expect(state.threads['c1']?.view.messages).to.deep.equal(messages);
        expect(state.pending).to.deep.equal([]);
      }),
      { numRuns: 400 },
    );
  });

  it('never shows a message twice on the way', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        for (const state of play(plan).seen) {
          const shown = [
            ...(state.threads['c1']?.view.messages.map((message) => message.clientId) ?? []),
            ...state.pending.map((own) => own.clientId),
          ].filter((clientId) => clientId !== undefined);
          expect(shown).to.have.length(new Set(shown).size);
        }
      }),
      { numRuns: 400 },
    );
  });
});
