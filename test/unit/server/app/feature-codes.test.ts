/** Feature codes against a phone that misbehaves. */
import { expect } from 'chai';
import type { AcdShell } from '../../../../server/app/acd-shell.ts';
import type { ActiveSite } from '../../../../server/app/active-site.ts';
import { FeatureCodes } from '../../../../server/app/feature-codes.ts';
import type { CallControl } from '../../../../sip/port.ts';

function house() {
  const played: [string, string][] = [];
  const hungUp: string[] = [];
  let checks = 0;
  const features = new FeatureCodes({
    shell: { acd: { agentAtPhone: () => undefined }, run: () => ({ events: [] }) } as unknown as AcdShell,
    calls: {
      answer: () => undefined,
      hangup: (id: string) => void hungUp.push(id),
      play: (id: string, playId: string, files: string[]) => void played.push([id, `${playId}:${files[0]}`]),
    } as unknown as CallControl,
    site: {
      agent: (id: string) => (id === '101' ? { pin: '1234' } : undefined),
      agentIds: () => ['101'],
      phoneLanguage: () => 'en',
    } as unknown as ActiveSite,
    prompts: { file: (id) => id, prepare: async () => undefined },
    clock: { now: () => 1 },
    logger: { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
    verifyPin: async (stored, pin) => (checks++, stored === pin),
  });
  const dial = (legId: string, dialled: string) => {
    features.arrive(legId, 'p', dialled);
    features.onCallEvent({ type: 'leg.answered', legId });
  };
  return { features, dial, played, hungUp, checks: () => checks };
}
const turns = () => new Promise((done) => setImmediate(done));

describe('feature codes', () => {
  it('hold the limit of wrong PINs over calls made all at once', async () => {
    const { dial, checks, played } = house();
    for (let i = 0; i < 50; i++) dial(`l${i}`, `*10101*${2000 + i}`);
    await turns();
    expect(checks()).to.equal(5);
    expect(played.filter(([, what]) => what === 'say:too-many-tries')).to.have.length(45);
  });

  it('forget the wrong ones after the right one', async () => {
    const { dial, played } = house();
    for (let i = 0; i < 9; i++) {
      dial(`w${i}`, '*10101*9999');
      await turns();
      dial(`r${i}`, '*10101*1234');
      await turns();
    }
    expect(played.map(([, what]) => what)).not.to.include('say:too-many-tries');
    expect(played.at(-1)).to.deep.equal(['r8', 'say:agent-logged-in']);
  });

  it('do not hang up because the question was heard to its end after the answer', async () => {
    const { features, dial, hungUp, played } = house();
    dial('l', '*10101');
    for (const digit of '1234#') features.onCallEvent({ type: 'leg.dtmf', legId: 'l', digit });
    features.onCallEvent({ type: 'play.finished', legId: 'l', playId: 'pin', reason: 'done' });
    expect(hungUp).to.deep.equal([]);
    await turns();
    expect(played.at(-1)).to.deep.equal(['l', 'say:agent-logged-in']);
    features.onCallEvent({ type: 'play.finished', legId: 'l', playId: 'say', reason: 'done' });
    expect(hungUp).to.deep.equal(['l']);
  });
});
