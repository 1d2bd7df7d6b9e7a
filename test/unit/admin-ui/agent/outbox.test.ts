/** Sending: in order, one at a time of a contact, again after a lost answer, and not past a refusal. */
import { signal } from '@preact/signals';
import { expect } from 'chai';
import { emptyDeskState, nextDeskState, type DeskState } from '../../../../admin-ui/agent/desk-state.ts';
import { createOutbox, type Outbox } from '../../../../admin-ui/agent/outbox.ts';
import type { Answer, Refusal } from '../../../../admin-ui/shared/api-client.ts';
import type { MessageView, SendMessage } from '../../../../server/contract/desk.ts';
import { until } from '../../../support/until.ts';
import { messageOf, pendingOf } from './world.ts';

interface Posted {
  contactId: string;
  body: SendMessage;
  answer: (answer: Answer<MessageView>) => void;
}

const refusal = (status: number, code: string, details: Record<string, unknown> = {}): Refusal => ({
  isOk: false,
  status,
  code,
  message: '',
  details,
});

function setUp() {
  const state = signal<DeskState>(emptyDeskState);
  const posted: Posted[] = [];
  const outbox = createOutbox({
    pending: () => state.value.pending,
    dispatch: (input) => {
      state.value = nextDeskState(state.peek(), input).state;
    },
    post: (contactId, body) =>
      new Promise((answer) => {
        posted.push({ contactId, body, answer });
      }),
    random: () => 0,
  });
  const write = (clientId: string, contactId = 'c1') => {
    const pending = pendingOf(clientId, { contactId });
    state.value = nextDeskState(state.peek(), { type: 'write', pending }).state;
  };
  const names = () => posted.map(({ body }) => body.clientId);
  const ok = (clientId: string): Answer<MessageView> => ({
    isOk: true,
    status: 201,
    body: messageOf(1, { clientId, author: 'agent' }),
  });
  return { state, posted, outbox, write, names, ok };
}

describe('outbox', () => {
  let outbox: Outbox | undefined;
  afterEach(() => outbox?.stop());

  it('sends one after the other of a contact, and contacts side by side', async () => {
    const { state, posted, write, names, ok, ...rest } = setUp();
    outbox = rest.outbox;
    write('one');
    write('two');
    write('other', 'c2');
    expect(names()).to.deep.equal(['one', 'other']);
    posted[0]?.answer(ok('one'));
    await until('the second', () => posted.length === 3);
    expect(names()).to.deep.equal(['one', 'other', 'two']);
    expect(state.value.pending.map((own) => own.clientId)).to.deep.equal(['two', 'other']);
  });

  it('sends again under the same name until there is an answer', async () => {
    const { state, posted, write, names, ok, ...rest } = setUp();
    outbox = rest.outbox;
    write('one');
    posted[0]?.answer(refusal(0, 'unreachable'));
    await until('waiting', () => state.value.pending[0]?.state === 'waiting');
    await until('a second try', () => posted.length === 2);
    posted[1]?.answer(refusal(503, 'not-ready'));
    await until('waiting again', () => state.value.pending[0]?.state === 'waiting');
    outbox.hurry();
    await until('a third try', () => posted.length === 3);
    posted[2]?.answer(ok('one'));
    await until('sent', () => state.value.pending.length === 0);
    expect(names()).to.deep.equal(['one', 'one', 'one']);
  });

  it('stops at a refusal, says why, and goes on with what is behind it', async () => {
    const { state, posted, write, names, ok: _ok, ...rest } = setUp();
    outbox = rest.outbox;
    write('one');
    write('two');
    posted[0]?.answer(refusal(409, 'conflict', { reason: 'customer-gone' }));
    await until('refused', () => state.value.pending[0]?.state === 'refused');
    expect(state.value.pending[0]?.why).to.equal('customer-gone');
    await until('the next', () => posted.length === 2);
    outbox.hurry();
    expect(names()).to.deep.equal(['one', 'two']);
  });
});
