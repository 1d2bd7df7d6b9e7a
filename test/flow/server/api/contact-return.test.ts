/** A chat returned to its queue over HTTP: who may, what it answers, why not in words, and that it is in the audit trail. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { routingSwitches } from '../../../../server/app/routing-switches.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { send, startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

interface Fault {
  code: string;
  message: string;
  details: { reason: string };
}

const site = siteSchema.parse({
  site: { name: 'First' },
  queues: [{ id: 'main', name: 'Main' }],
  phones: [{ id: '1001', password: 'secret-1001' }],
  agents: [{ id: '101', name: 'Ann', queues: ['main'], phone: '1001' }],
});

/** Routing with an agent who works on a chat and talks with a caller. */
function busyFloor(): AcdShell {
  let seq = 0;
  const append = (drafts: EventDraft[]) =>
    drafts.map((draft) => ({ ...draft, id: `e-${++seq}`, seq, v: 1 as const }));
  const shell = new AcdShell({
    acd: createAcd(),
    log: { append, lastSeq: () => seq },
    clock: { now: () => Date.now() },
    logger: createLogger('test', 'silent'),
  });
  shell.run({
    type: 'site.apply',
    site: { ...toAcdSite(site, 1), blocks: { voice: [], chat: [], mail: [] } },
  });
  shell.run({ type: 'phone.registered', phoneId: '1001', transport: 'udp' });
  for (const [contactId, channel] of [
    ['chat-1', 'chat'],
    ['call-1', 'voice'],
  ] as const) {
    const to = { queueId: 'main', numberId: '701', language: 'en' };
    shell.run({ type: 'contact.arrive', contactId, channel, ...to });
    shell.run({ type: 'contact.enqueue', contactId });
    expect(shell.run({ type: 'offer.accepted', offerId: `${contactId}.1` }).ignored).to.equal(undefined);
  }
  shell.stop();
  return shell;
}

describe('a chat returned to its queue over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;
  let shell: AcdShell;
  before(async () => {
    house = await startHarness();
    shell = busyFloor();
    house.deps.routing = routingSwitches(shell);
    await house.admin();
    supervisor = await house.user('supervisor', 'sue');
  });
  after(() => house?.stop());

  const post = (by: Browser, contactId: string, body: unknown = { agentId: '101' }) =>
    by.call('POST', `/api/contacts/${contactId}/return`, body);
  const audited = async () =>
    (await house.deps.audit.list(50)).filter(({ action }) => action === 'contact.returned');

  it('is nobody’s but a supervisor’s and an administrator’s, and refuses what it does not understand', async () => {
    expect((await post(await house.user('viewer', 'vera'), 'chat-1')).status).to.equal(403);
    expect((await post(house.browser(), 'chat-1')).status).to.equal(401);
    for (const body of [{}, { agentId: '' }, { agentId: ['101'] }, { agentId: '101', queueId: 'main' }])
      expect((await post(supervisor, 'chat-1', body)).status, JSON.stringify(body)).to.equal(400);
    const cookie = [...supervisor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, origin: house.origin, 'content-type': 'application/json' };
    const body = JSON.stringify({ agentId: '101' });
    const forged = await send(house.port, 'POST', '/api/contacts/chat-1/return', headers, body);
    expect(forged.json).to.have.nested.property('error.code', 'bad-origin');
    expect(shell.acd.contact('chat-1')).to.include({ state: 'connected', agentId: '101' });
    expect(await audited()).to.deep.equal([]);
  });

  it('says why not: a call, another agent, nobody’s; and does not know what is not there', async () => {
    const refused = async (contactId: string, agentId = '101') => {
      const { status, json } = await post(supervisor, contactId, { agentId });
      const { code, details, message } = (json as unknown as { error: Fault }).error;
      expect(message).to.not.equal('');
      return [status, code, details.reason];
    };
    expect(await refused('call-1')).to.deep.equal([409, 'conflict', 'not-text']);
    expect(await refused('chat-1', '102')).to.deep.equal([409, 'conflict', 'other-agent']);
    shell.run({ type: 'emergency.switch', isOn: true, by: 'test' });
    expect(await refused('chat-1')).to.deep.equal([409, 'conflict', 'queue-closed']);
    shell.run({ type: 'emergency.switch', isOn: false, by: 'test' });
    for (const nobody of ['c-999', '%27%3B--', '..%2Fchat-1'])
      expect((await post(supervisor, nobody)).status, nobody).to.equal(404);
    expect(await audited()).to.deep.equal([]);
  });

  it('goes back once, and is in the audit trail once', async () => {
    const answer = await post(supervisor, 'chat-1');
    expect([answer.status, answer.json]).to.deep.equal([
      200,
      { contactId: 'chat-1', agentId: '101', queueId: 'main' },
    ]);
    expect(shell.acd.contact('chat-1')).to.include({ state: 'waiting', queueId: 'main' });
    const again = await post(supervisor, 'chat-1');
    expect(again.status).to.equal(409);
    expect(again.json).to.have.nested.property('error.details.reason', 'not-with-agent');
    const kept = (await audited()).map(({ actor, target, details }) => ({ actor, target, ...details }));
    expect(kept).to.deep.equal([
      { actor: 'user:sue', target: 'contact:chat-1', agentId: '101', queueId: 'main' },
    ]);
    shell.stop();
  });
});
