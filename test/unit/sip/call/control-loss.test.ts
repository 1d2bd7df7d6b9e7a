/** What is under way when the control connection to the SIP engine drops. */
import { expect } from 'chai';
import { pino } from 'pino';
import { Admission } from '../../../../sip/call/admission.ts';
import { dropUnsettled, endAdoption } from '../../../../sip/call/adoption.ts';
import { CallContext } from '../../../../sip/call/context.ts';
import { bye } from '../../../../sip/call/dial-out.ts';
import { newLeg, type Leg } from '../../../../sip/call/leg.ts';
import { createSrf, type SrfError } from '../../../../sip/call/srf.ts';
import type { CallEvent } from '../../../../sip/port.ts';

function house() {
  const closed: string[] = [];
  const media = {
    on: () => undefined,
    close: async (id: string) => void closed.push(id),
    recordStop: async () => undefined,
  };
  const removed: string[] = [];
  const store = { save: () => undefined, remove: (id: string) => void removed.push(id) };
  const ctx = new CallContext({
    srf: createSrf('test'),
    media: media as never,
    registrar: {} as never,
    admission: new Admission(),
    store: store as never,
    logger: pino({ level: 'silent' }),
    timings: { noResponseMs: 1, trunkNoResponseMs: 1, rtpTimeoutMs: 1, rtpNeverMs: 1 },
    secretOf: () => Promise.reject(new Error('no secrets here')),
  });
  const events: CallEvent[] = [];
  ctx.onEvent((event) => events.push(event));
  const leg = (id: string, role: 'in' | 'out', state: Leg['state']) =>
    void ctx.legs.set(id, { ...newLeg(id, role, '127.0.0.1'), state, port: 4000 });
  return { ctx, closed, removed, events, leg };
}

describe('a dropped control connection', () => {
  it('ends every leg that is not up, with its last event, and keeps those that are', () => {
    const { ctx, closed, events, leg } = house();
    leg('talks', 'in', 'up');
    leg('answering', 'in', 'answering');
    leg('dialing', 'out', 'dialing');
    leg('ringing', 'out', 'alerting');
    leg('given-up', 'out', 'closing');
    dropUnsettled(ctx);
    expect([...ctx.legs.keys()]).to.deep.equal(['talks']);
    expect(closed).to.deep.equal(['answering', 'dialing', 'ringing', 'given-up']);
    expect(events.map((e) => [e.type, 'legId' in e && e.legId, 'cause' in e ? e.cause : ''])).to.deep.equal([
      ['leg.ended', 'answering', ''],
      ['dial.failed', 'dialing', 'fault'],
      ['dial.failed', 'ringing', 'fault'],
      ['dial.failed', 'given-up', 'cancelled'],
    ]);
  });

  it('leaves a leg alone that is dialled on the news of a lost one', () => {
    const { ctx, leg } = house();
    leg('lost', 'out', 'dialing');
    ctx.onEvent(() => leg('next', 'out', 'dialing'));
    dropUnsettled(ctx);
    expect([...ctx.legs.keys()]).to.deep.equal(['next']);
  });

  it('makes a request fail by its callback, never by a throw', async () => {
    const { ctx } = house();
    expect(() => bye(ctx, 'dialog', 'over')).not.to.throw();
    const error = await new Promise<SrfError | null>((done) =>
      ctx.srf.request({ method: 'BYE', stackDialogId: 'dialog' }, done),
    );
    expect(error).to.be.instanceOf(Error);
  });

  it('says nothing more once it is let go of', () => {
    const { ctx, events, leg } = house();
    leg('answering', 'in', 'answering');
    ctx.mute();
    dropUnsettled(ctx);
    expect(events).to.deep.equal([]);
  });
});

describe('the end of adoption', () => {
  it('forgets callers who were not handed over, and takes the mark from those taken over', () => {
    const { ctx, removed, leg } = house();
    leg('back', 'in', 'answering');
    leg('kept', 'in', 'up');
    ctx.legs.get('kept')!.isAdopted = true;
    ctx.expected.set('call-1;from-tag=a', 'back');
    ctx.expected.set('call-2;from-tag=b', 'gone');
    endAdoption(ctx);
    expect(removed).to.deep.equal(['gone']);
    expect(ctx.expected.size).to.equal(0);
    expect(ctx.legs.get('kept')!.isAdopted).to.equal(undefined);
  });
});
