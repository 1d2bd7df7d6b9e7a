// The judge judged: the player must accept a server that says what was recorded in its own words, and refuse
// the same server after any single deviation.

import { expect } from 'chai';
import { MismatchError } from '../../support/transcripts/bindings.ts';
import { startMirror } from '../../support/transcripts/mirror.ts';
import { play } from '../../support/transcripts/player.ts';
import {
  hasTranscripts,
  readTranscript,
  type Step,
  type Transcript,
} from '../../support/transcripts/transcript.ts';

type Deviation = (step: Step) => Step[];

async function outcome(
  recorded: Transcript,
  deviate: (steps: readonly Step[]) => Step[] = (s) => [...s],
): Promise<string> {
  const mirror = await startMirror({ ...recorded, steps: deviate(recorded.steps) });
  try {
    await play(recorded, { ...mirror, secret: 'cymru', t1Ms: 500, t2Ms: 4000, boundMs: 600 });
    return 'accepted';
  } catch (error) {
    if (error instanceof MismatchError) return error.message;
    throw error;
  } finally {
    mirror.stop();
  }
}

const deviateAt =
  (test: (step: Step) => boolean, change: Deviation) =>
  (steps: readonly Step[]): Step[] => {
    const index = steps.findIndex(test);
    if (index < 0) throw new Error('the deviation found nothing to change');
    return steps.flatMap((step, i) => (i === index ? change(step) : [step]));
  };

const gets = (start: string) => (step: Step) => step.kind === 'ua-gets' && step.message.startsWith(start);
const shown = (part: string) => (step: Step) => step.kind === 'app-gets' && step.payload.includes(part);

const reword =
  (from: string | RegExp, to: string): Deviation =>
  (step) => {
    if (step.kind === 'ua-gets' && step.message.replace(from, to) !== step.message) {
      return [{ ...step, message: step.message.replace(from, to) }];
    }
    if (step.kind === 'app-gets' && step.payload.replace(from, to) !== step.payload) {
      return [{ ...step, payload: step.payload.replace(from, to) }];
    }
    throw new Error('the deviation changed nothing');
  };

describe('transcript player', function () {
  this.timeout(20_000);
  before(function () {
    if (!hasTranscripts()) {
      console.log('      skipped: no recorded transcripts in ../shared/drachtio-transcripts');
      this.skip();
    }
  });

  for (const flow of ['01', '02', '10', '12', '13', '14', '21', '27', '30', '41', '46', '47', '51', '52']) {
    it(`accepts flow ${flow} in other words`, async () => {
      expect(await outcome(readTranscript(flow))).to.equal('accepted');
    });
  }

  const refusals: ReadonlyArray<[string, string, RegExp, (steps: readonly Step[]) => Step[]]> = [
    ['another status', '12', /start line/, deviateAt(gets('SIP/2.0 200'), reword('200 OK', '202 OK'))],
    [
      'a To tag that changes',
      '11',
      /to tag/,
      deviateAt(gets('SIP/2.0 200'), reword(/(To: .*tag=)\w+/, '$1changed99999')),
    ],
    [
      'a From tag not echoed',
      '12',
      /from tag/,
      deviateAt(gets('SIP/2.0 200'), reword('tag=alicetag10', 'tag=other')),
    ],
    ['a missing header', '12', /contact/, deviateAt(gets('SIP/2.0 200'), reword(/Contact: .*\r\n/, ''))],
    [
      'an added header',
      '12',
      /unexpected header/,
      deviateAt(gets('BYE'), reword('Reason:', 'X-Other: 1\r\nReason:')),
    ],
    ['another body', '12', /body/, deviateAt(gets('SIP/2.0 200'), reword('a=sendrecv', 'a=sendonly'))],
    [
      'a wrong length',
      '12',
      /Content-Length/,
      deviateAt(gets('SIP/2.0 200'), reword('Content-Length: 162', 'Content-Length: 161')),
    ],
    [
      'another branch in the ACK',
      '22',
      /Via branch/,
      deviateAt(gets('ACK'), reword(/branch=z9hG4bK\w+/, 'branch=z9hG4bKelse')),
    ],
    ['no rport filled in', '12', /Via rport/, deviateAt(gets('SIP/2.0 100'), reword(/;rport=\d+/, ';rport'))],
    [
      'a CSeq that does not step',
      '41',
      /CSeq/,
      deviateAt(
        (s) => gets('INVITE')(s) && 'message' in s && s.message.includes('CSeq: 3 '),
        reword('CSeq: 3 ', 'CSeq: 2 '),
      ),
    ],
    ['a missing frame', '12', /expected|type|tokens/, deviateAt(shown('|sip|network|329|'), () => [])],
    ['a missing datagram', '12', /nothing came|start line/, deviateAt(gets('SIP/2.0 100'), () => [])],
    [
      'a datagram too many',
      '13',
      /silence|start line/,
      deviateAt(gets('SIP/2.0 302'), (s) => [s, ...reword('302 Moved Temporarily', '500 No')(s)]),
    ],
    [
      'a frame too many',
      '13',
      /silence|type|token|kind|start/,
      deviateAt(shown('SIP/2.0 302'), (s) => [s, s]),
    ],
    [
      'tokens moved',
      '12',
      /tokens/,
      deviateAt(shown('|sip|network|517|'), reword('|sip|network|517|', '|sip|network|517||')),
    ],
    [
      'another transaction id',
      '12',
      /transaction id/,
      deviateAt(
        shown('|sip|network|329|'),
        reword(/73a36f46-4203-4802-b88f-07511c22e853/, '00000000-4203-4802-b88f-07511c22e853'),
      ),
    ],
    [
      'another dialog id',
      '12',
      /token 9/,
      deviateAt(shown('|sip|network|329|'), reword(';from-tag=alicetag10|', ';from-tag=alicetag1|')),
    ],
    [
      'NOK instead of OK',
      '12',
      /token|tokens/,
      deviateAt(shown('|response|86be1abc'), reword('|OK|', '|NOK|')),
    ],
  ];
  for (const [name, flow, reason, deviate] of refusals) {
    it(`refuses ${name}`, async () => {
      expect(await outcome(readTranscript(flow), deviate)).to.match(reason);
    });
  }
});
