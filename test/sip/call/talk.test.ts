/** The main job with real phones: a caller reaches an agent's desk phone, and both are heard and recorded. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { toneShare } from '../../support/tone-share.ts';

describe('a call from phone to phone', function () {
  this.timeout(60_000);
  let house: House;
  const phones: Baresip[] = [];
  const phone = async (user: string, options: Partial<Parameters<typeof startBaresip>[0]> = {}) => {
    const one = await startBaresip({ user, password: `secret-${user}`, sipPort: house.sipPort, ...options });
    phones.push(one);
    await one.untilRegistered();
    return one;
  };
  before(async () => {
    house = await House.open();
  });
  afterEach(async () => {
    await Promise.all(phones.splice(0).map((p) => p.stop()));
    await house.untilIdle();
  });
  after(() => house.close());

  it('goes number, greeting, queue, ring with the queue name, talk, hang-up, recording', async () => {
    await phone('1001', { isAutoAnswer: true, toneHz: 440 });
    await house.untilAgent('101', 'ready');
    const caller = await phone('1009', { toneHz: 1000 });
    await caller.dial('700');
    await caller.waitFor('CALL_ESTABLISHED');
    await house.untilAgent('101', 'talking');
    const agent = phones[0]!;
    const shown = agent.events.find((event) => event.type === 'CALL_ESTABLISHED')!;
    expect(shown.peeruri).to.contain('1009');
    expect(shown.peerdisplayname).to.equal('Main queue');
    await house.talkFor(2000);
    await caller.hangup();
    await agent.waitFor('CALL_CLOSED');
    await house.untilWrappedUp('101');
    await house.untilAgent('101', 'ready');
    const [recording] = await house.recordings(1);
    const wav = readFileSync(join(house.stack.recordingsDir, recording!.file));
    // Each side heard, on its own channel and on no other.
    expect(toneShare(wav, 0, 1000), 'caller on the left').to.be.greaterThan(0.5);
    expect(toneShare(wav, 1, 440), 'agent on the right').to.be.greaterThan(0.5);
    expect(toneShare(wav, 0, 440), 'no agent on the left').to.be.lessThan(0.05);
    const contact = await house.lastContact();
    expect(contact).to.include({ outcome: 'answered', endedBy: 'customer', agentId: '101' });
  });
});
