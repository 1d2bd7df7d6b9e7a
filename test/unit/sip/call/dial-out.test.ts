/** An offer that is taken back before, or while, the media engine gives it a port. */
import { expect } from 'chai';
import { pino } from 'pino';
import { Admission } from '../../../../sip/call/admission.ts';
import { dropUnsettled } from '../../../../sip/call/adoption.ts';
import { CallContext } from '../../../../sip/call/context.ts';
import { cancelDial, dialOut } from '../../../../sip/call/dial-out.ts';
import type { CallEvent } from '../../../../sip/port.ts';

const turn = () => new Promise((done) => setImmediate(done));

function house(reservedPort?: number) {
  const closed: string[] = [];
  const invited: string[] = [];
  let giveMedia = (_port: number): void => undefined;
  const media = {
    on: () => undefined,
    open: () => new Promise((done) => (giveMedia = (port) => done({ port }))),
    close: async (id: string) => void closed.push(id),
  };
  const binding = {
    contact: 'sip:1001@127.0.0.1',
    ip: '127.0.0.1',
    port: 5070,
    protocol: 'udp',
    localIp: '127.0.0.1',
  };
  const ctx = new CallContext({
    srf: { request: ({ uri }: { uri: string }) => void invited.push(uri) } as never,
    media: media as never,
    registrar: { locate: () => [binding], markDead: () => undefined } as never,
    admission: new Admission(),
    store: { save: () => undefined, remove: () => undefined } as never,
    logger: pino({ level: 'silent' }),
    timings: { noResponseMs: 1000, trunkNoResponseMs: 1000, rtpTimeoutMs: 1, rtpNeverMs: 1 },
    secretOf: () => Promise.reject(new Error('no secrets here')),
  });
  ctx.isSignallingUp = true;
  if (reservedPort !== undefined) ctx.ports.take = () => ({ port: reservedPort, worker: 0 });
  const events: CallEvent[] = [];
  ctx.onEvent((event) => events.push(event));
  const dial = () => {
    dialOut(ctx, 'leg', { phoneId: '1001', displayName: 'Main', pii: { from: '700' } } as never);
    return ctx.legs.get('leg')!;
  };
  const causes = () => events.map((event) => ('cause' in event ? event.cause : event.type));
  return { ctx, closed, invited, causes, dial, giveMedia: (port: number) => giveMedia(port) };
}

describe('dialling a phone', () => {
  it('invites at once with a port in hand, and after the media engine without', async () => {
    const ready = house(4000);
    const leg = ready.dial();
    await turn();
    expect(ready.invited).to.have.length(1);
    ready.ctx.forget(leg);
    const waiting = house();
    const other = waiting.dial();
    await turn();
    expect(waiting.invited).to.deep.equal([]);
    waiting.giveMedia(4000);
    await turn();
    expect(waiting.invited).to.have.length(1);
    waiting.ctx.forget(other);
  });

  for (const reservedPort of [4000, undefined])
    it(`sends nothing for an offer taken back, port ${reservedPort ? 'in hand' : 'to come'}`, async () => {
      const { ctx, closed, invited, causes, dial, giveMedia } = house(reservedPort);
      cancelDial(ctx, dial(), 'taken back');
      giveMedia(4000);
      await turn();
      expect(invited).to.deep.equal([]);
      expect(causes()).to.deep.equal(['cancelled']);
      expect(closed).to.deep.equal(['leg']);
    });

  for (const reservedPort of [4000, undefined])
    it(`leaves no audio open when signalling is lost, port ${reservedPort ? 'in hand' : 'to come'}`, async () => {
      const { ctx, closed, invited, causes, dial, giveMedia } = house(reservedPort);
      dial();
      dropUnsettled(ctx);
      giveMedia(4000);
      await turn();
      expect(invited).to.deep.equal([]);
      expect(causes()).to.deep.equal(['fault']);
      expect(closed).to.deep.equal(['leg']);
    });
});
