// Replays the recorded conversations with the real server against our engine, flow by flow. Deliberate
// differences are in differences.ts and are demanded too. Flows whose point is a timer run on an engine with a
// short T1; the recorded pauses themselves are never waited for.

import { expect } from 'chai';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { play } from '../../support/transcripts/player.ts';
import { hasTranscripts, readTranscript } from '../../support/transcripts/transcript.ts';
import { expectNoFault } from './engine-health.ts';
import { applyDifferences, differences } from './differences.ts';

type Engine = SipEngineHandle;

const shared =
  '01 02 03 05 06 10 11 12 13 14 15 16 20 21 22 24 25 26 27 29 30 31 32 40 41 42 43 44 46 47 51 52'.split(
    ' ',
  );
/** Alone, since their point is that no app is there, or that an app's end is felt. */
const alone = ['04', '61', '62'];
const short = ['17', '23', '45', '50'];
const shortT1Ms = 50;
const shortHold = { HEARTHLINE_SIP_INVITE_HOLD_MS: '300' };

const title = (flow: string): string => {
  const { title: text } = readTranscript(flow);
  const names = differences.filter((difference) => difference.flows.includes(flow)).map(({ name }) => name);
  return `${text}${names.length > 0 ? ` (differs: ${names.join(', ')})` : ''}`;
};

function replayOn(flows: readonly string[], env: Readonly<Record<string, string>>, t1Ms: number): void {
  let engine: Engine;
  before(async function () {
    engine = await startSipEngine({ env });
  });
  // A failed flow may leave calls behind; the next must not suffer for it.
  afterEach(async function () {
    if (this.currentTest?.state !== 'failed') return;
    await engine.stop();
    engine = await startSipEngine({ env });
  });
  after(async () => engine?.stop());
  for (const flow of hasTranscripts() ? flows : []) {
    it(title(flow), async () => {
      await play(applyDifferences(readTranscript(flow)), { ...engine, t1Ms, t2Ms: t1Ms * 8 });
      await expectNoFault(engine);
    });
  }
}

describe('recorded conversations', function () {
  this.timeout(20_000);
  before(function () {
    if (!hasTranscripts()) {
      console.log('    skipped: no recorded transcripts in ../shared/drachtio-transcripts');
      this.skip();
    }
  });

  describe('on one engine', () => replayOn(shared, shortHold, 500));
  for (const flow of alone) {
    describe(`on an engine of its own, flow ${flow}`, () =>
      replayOn([flow], { ...shortHold, HEARTHLINE_SIP_GRACE_SEC: '30' }, 500));
  }
  describe('on an engine with short timers', () =>
    replayOn(
      short,
      { HEARTHLINE_SIP_T1_MS: String(shortT1Ms), HEARTHLINE_SIP_T2_MS: String(shortT1Ms * 8) },
      shortT1Ms,
    ));

  it('every difference belongs to a flow that is replayed', () => {
    const flows = new Set([...shared, ...alone, ...short]);
    for (const difference of differences) {
      expect(difference.flows.length).to.be.greaterThan(0);
      for (const flow of difference.flows)
        expect(flows.has(flow), `${difference.name}: flow ${flow}`).to.equal(true);
    }
  });
});
