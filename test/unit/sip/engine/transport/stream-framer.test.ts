import { expect } from 'chai';
import fc from 'fast-check';
import { StreamFramer } from '../../../../../sip/engine/transport/stream-framer.ts';
import { isPermittedTarget } from '../../../../../sip/engine/transport/flow.ts';

function frame(chunks: string[]): { messages: string[]; pings: number; isAlive: boolean } {
  const messages: string[] = [];
  let pings = 0;
  const framer = new StreamFramer({ onMessage: (text) => messages.push(text), onPing: () => pings++ });
  let isAlive = true;
  for (const chunk of chunks) isAlive = isAlive && framer.push(chunk);
  return { messages, pings, isAlive };
}

const message = (body: string): string =>
  `MESSAGE sip:a@b SIP/2.0\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe('sip engine transport: stream framer', () => {
  it('law: messages come out whole, however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 30, unit: 'binary-ascii' }), { maxLength: 6 }),
        fc.array(fc.nat(400), { maxLength: 8 }),
        (bodies, cuts) => {
          const stream = bodies.map(message).join('');
          const places = [
            0,
            ...cuts.map((cut) => Math.min(cut, stream.length)).toSorted((a, b) => a - b),
            stream.length,
          ];
          const chunks = places.slice(1).map((end, i) => stream.slice(places[i], end));
          expect(frame(chunks).messages).to.deep.equal(bodies.map(message));
        },
      ),
    );
  });

  it('answers keep-alives and gives up a stream without framing', () => {
    expect(frame(['\r\n\r\n', message('x')])).to.deep.equal({
      messages: [message('x')],
      pings: 1,
      isAlive: true,
    });
    expect(frame(['x'.repeat(70_000)]).isAlive).to.equal(false);
    expect(frame(['A b SIP/2.0\r\nContent-Length: -5\r\n\r\n']).isAlive).to.equal(false);
    expect(frame(['\r\n'.repeat(40)]).isAlive).to.equal(false);
  });

  it('knows where nothing may be sent', () => {
    for (const address of ['224.0.1.75', '255.255.255.255', '0.0.0.0', 'ff02::1', '::', 'nonsense']) {
      expect(isPermittedTarget(address, 5060), address).to.equal(false);
    }
    expect(isPermittedTarget('192.0.2.1', 0)).to.equal(false);
    expect(isPermittedTarget('192.0.2.1', 5060)).to.equal(true);
  });
});
