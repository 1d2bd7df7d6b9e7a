/** A chat or mail that a supervisor takes out of an agent's hands, over the real engine: where it goes, and why it does not. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell, type Command } from '../../../../server/app/acd-shell.ts';
import { returnContact } from '../../../../server/app/contact-return.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { Channel, EventDraft } from '../../../../server/contract/events.ts';
import { siteSchema } from '../../../../server/contract/site.ts';

const site = (queueIds: string[], maxLength = 0) =>
  siteSchema.parse({
    site: { name: 'First' },
    queues: queueIds.map((id) => ({ id, name: id, maxLength })),
    phones: [{ id: '1001', password: 'secret-1001' }],
    agents: [
      { id: '101', name: 'Ann', queues: [queueIds[0]], phone: '1001' },
      { id: '102', name: 'Bob', queues: [queueIds[0]], pin: '1234' },
    ],
  });

function floor(maxLength = 0) {
  let seq = 0;
  let now = 1_790_000_000_000;
  const quiet = () => undefined;
  const shell = new AcdShell({
    acd: createAcd(),
    log: {
      append: (drafts: EventDraft[]) =>
        drafts.map((draft) => ({ ...draft, id: `e-${++seq}`, seq, v: 1 as const })),
      lastSeq: () => seq,
    },
    clock: { now: () => now },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const figures = new LiveFigures(toStatsSite(site(['main'], maxLength)), [], now);
  shell.onEvent((event) => figures.apply(event));
  const run = (command: Command) => {
    now += 1000;
    const { ignored } = shell.run(command);
    if (ignored !== undefined) throw new Error(`${command.type} was ignored: ${ignored}`);
    shell.stop();
  };
  run({ type: 'site.apply', site: toAcdSite(site(['main'], maxLength), 1) });
  run({ type: 'phone.registered', phoneId: '1001', transport: 'udp' });
  return {
    shell,
    run,
    live: () => figures.floor(now),
    bring: (contactId: string, channel: Channel) => {
      const to = { queueId: 'main', numberId: '701', language: 'en' };
      run({ type: 'contact.arrive', contactId, channel, ...to });
      run({ type: 'contact.enqueue', contactId });
    },
    take: (contactId: string) => run({ type: 'offer.accepted', offerId: `${contactId}.1` }),
    back: (contactId: string, agentId = '101') => returnContact(shell, { contactId, agentId }),
  };
}

describe('a contact returned to its queue by a supervisor', () => {
  it('waits there again, and shows with the wait it had', () => {
    for (const channel of ['chat', 'mail'] as const) {
      const { bring, take, back, live, shell, run } = floor();
      bring('c', channel);
      take('c');
      run({ type: 'contact.hold', contactId: 'c' });
      const { queuedAt = 0 } = live().contacts['c'] ?? {};
      expect(live().agents['101']).to.include({ textInHand: 1 });
      expect(back('c')).to.deep.equal({ queueId: 'main' });
      const shown = live().contacts['c'];
      expect(shown)
        .to.include({ state: 'waiting', channel, queueId: 'main' })
        .and.not.have.property('agentId');
      // Accepted a second after it came, then a second in hand.
      expect((shown?.queuedAt ?? 0) - queuedAt).to.equal(1000);
      expect(live().agents['101']).to.not.have.property('textInHand');
      expect(live().board.accounting).to.include({ offered: 2, answered: 1, waiting: 1 });
      expect(shell.acd.contact('c')?.state).to.equal('waiting');
    }
  });

  it('is refused, and stays where it is, of what cannot be taken', () => {
    const { bring, take, back, run, shell } = floor();
    expect(back('nobody')).to.deep.equal({ refused: 'unknown-contact' });
    bring('call', 'voice');
    expect(back('call')).to.deep.equal({ refused: 'not-text' });
    take('call');
    expect(back('call')).to.deep.equal({ refused: 'not-text' });
    expect(shell.acd.contact('call')).to.include({ state: 'connected', agentId: '101' });
    run({ type: 'contact.leave', contactId: 'call', reason: 'bye' });
    expect(back('call'), 'it is over').to.deep.equal({ refused: 'unknown-contact' });
    run({ type: 'agent.ready', agentId: '101' });
    bring('c', 'chat');
    expect(back('c'), 'only offered').to.deep.equal({ refused: 'not-with-agent' });
    take('c');
    expect(back('c', '102')).to.deep.equal({ refused: 'other-agent' });
    expect(back('c', '999')).to.deep.equal({ refused: 'other-agent' });
    expect(shell.acd.contact('c')).to.include({ state: 'connected', agentId: '101' });
    expect(back('c')).to.deep.equal({ queueId: 'main' });
    expect(back('c'), 'once is enough').to.deep.equal({ refused: 'not-with-agent' });
  });

  it('is refused where the queue is full, and where it is gone', () => {
    const { bring, take, back, run, shell } = floor(1);
    bring('c', 'chat');
    take('c');
    run({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    bring('full', 'chat');
    expect(back('c')).to.deep.equal({ refused: 'queue-closed' });
    run({ type: 'contact.leave', contactId: 'full', reason: 'bye' });
    run({ type: 'site.apply', site: toAcdSite(site(['other'], 1), 2) });
    expect(back('c')).to.deep.equal({ refused: 'queue-removed' });
    expect(shell.acd.contact('c')).to.include({ state: 'connected', agentId: '101' });
  });
});
