/** How a screen becomes a display, with a server made of a list of answers. */
import { expect } from 'chai';
import type { Answer } from '../../../admin-ui/shared/api-client.ts';
import type { DisplayState, EnrolAnswer } from '../../../server/contract/rest.ts';
import { createEnrolment } from '../../../wallboard/live/enrolment.ts';
import { until } from '../../support/ui-browser.ts';

const ok = <T>(body: T): Answer<T> => ({ isOk: true, status: 200, body });
const away: Answer<never> = { isOk: false, status: 0, code: 'unreachable', message: '', details: {} };

function setUp(states: Answer<DisplayState>[]) {
  let enrolled = 0;
  const loop = createEnrolment({
    state: () => Promise.resolve(states.length > 1 ? (states.shift() ?? away) : (states[0] ?? away)),
    enrol: () => {
      enrolled += 1;
      return Promise.resolve(ok<EnrolAnswer>({ displayId: 'd1', code: `CODE${enrolled}`, codeExpiresAt: 0 }));
    },
    random: () => 0,
  });
  return { loop, enrolled: () => enrolled };
}

describe('enrolment', () => {
  let stop: (() => void) | undefined;
  afterEach(() => stop?.());

  it('goes straight to the board when it was approved before', async () => {
    const { loop, enrolled } = setUp([
      ok({ state: 'approved', displayId: 'd1', name: 'Hall', language: 'it', shows: 'standard' }),
    ]);
    stop = loop.stop;
    loop.start();
    await until('approved', () => loop.enrolment.value.step === 'approved');
    expect(loop.enrolment.value).to.deep.equal({ step: 'approved', name: 'Hall', language: 'it' });
    expect(enrolled()).to.equal(0);
  });

  it('asks for a code when it has none: new, reloaded or revoked', async () => {
    for (const state of ['none', 'revoked'] as const) {
      const { loop } = setUp([ok({ state })]);
      loop.start();
      await until('a code', () => loop.enrolment.value.step === 'pending');
      loop.stop();
    }
    const { loop } = setUp([ok({ state: 'pending', displayId: 'd1', codeExpiresAt: 0 })]);
    loop.start();
    await until('a code', () => loop.enrolment.value.step === 'pending');
    loop.stop();
  });

  it('keeps its code while it waits, and takes a new one when the server says it ran out', async () => {
    const pending = ok<DisplayState>({ state: 'pending', displayId: 'd1', codeExpiresAt: 0 });
    const { loop, enrolled } = setUp([ok({ state: 'none' }), pending, ok({ state: 'none' }), pending]);
    stop = loop.stop;
    loop.start();
    await until('the second code', () => enrolled() === 2, 8000);
    expect(loop.enrolment.value).to.deep.equal({ step: 'pending', code: 'CODE2' });
  });

  it('says when the server is away, and goes on', async () => {
    const { loop } = setUp([away, away, ok({ state: 'none' })]);
    stop = loop.stop;
    loop.start();
    await until('offline', () => loop.enrolment.value.step === 'offline');
    await until('a code', () => loop.enrolment.value.step === 'pending', 4000);
  });
});
