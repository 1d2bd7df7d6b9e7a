/** Where days begin, in zones that skip midnight too. */
import { expect } from 'chai';
import { LiveFigures } from '../../../../server/app/live-figures.ts';

const at = (iso: string) => Date.parse(iso);
const figures = (timeZone: string, now: string) =>
  new LiveFigures(
    { name: 'h', timeZone, language: 'en', queues: [], agents: [], phones: [], trunks: [] },
    [],
    at(now),
  );
const dayStart = (live: LiveFigures, now: string) => new Date(live.board(at(now)).dayStart).toISOString();

describe('live figures', () => {
  it('begin a new day at midnight after a day whose midnight was skipped', () => {
    // Cairo goes from 24:00 on 23 April 2026 (UTC+2) straight to 01:00 (UTC+3).
    const live = figures('Africa/Cairo', '2026-04-24T10:00:00Z');
    expect(dayStart(live, '2026-04-24T20:59:59Z')).to.equal('2026-04-23T22:00:00.000Z');
    expect(dayStart(live, '2026-04-24T21:00:00Z')).to.equal('2026-04-24T21:00:00.000Z');
  });

  it('count 23 and 25 hours where the clock changes', () => {
    const spring = figures('Europe/Rome', '2026-03-29T10:00:00Z');
    expect(dayStart(spring, '2026-03-29T21:59:59Z')).to.equal('2026-03-28T23:00:00.000Z');
    expect(dayStart(spring, '2026-03-29T22:00:00Z')).to.equal('2026-03-29T22:00:00.000Z');
    const autumn = figures('Europe/Rome', '2026-10-25T10:00:00Z');
    expect(dayStart(autumn, '2026-10-25T22:59:59Z')).to.equal('2026-10-24T22:00:00.000Z');
    expect(dayStart(autumn, '2026-10-25T23:00:00Z')).to.equal('2026-10-25T23:00:00.000Z');
  });
});
