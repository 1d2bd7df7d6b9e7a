import { expect } from 'chai';
import fc from 'fast-check';
import {
  ipv4ToNumber,
  isSafeRecordingName,
  numberToIpv4,
  parseRequest,
} from '../../../../sip/media/protocol.ts';

describe('the control protocol', () => {
  const codeOf = (fields: object): string => {
    const parsed = parseRequest({ id: 1, ...fields });
    return parsed.ok ? 'ok' : parsed.code;
  };

  it('takes every operation as it is documented', () => {
    const requests = [
      { op: 'hello' },
      {
        op: 'open',
        sessionId: 'a',
        remote: { ip: '10.0.0.1', port: 4000 },
        codec: 'PCMA',
        dtmfPt: 101,
        ptimeMs: 20,
      },
      { op: 'open', sessionId: 'b', near: 'a', dtmfPt: null, direction: 'recvonly', rtpTimeoutMs: 0 },
      { op: 'update', sessionId: 'a', direction: 'inactive' },
      { op: 'play', sessionId: 'a', playId: 'p', files: ['/x.wav'], loop: true, bargeIn: true, gapMs: 100 },
      { op: 'stop', sessionId: 'a' },
      { op: 'bridge', a: 'a', b: 'b' },
      { op: 'unbridge', a: 'a' },
      { op: 'record-start', recordingId: 'r', a: 'a', b: 'b', file: 'x.wav' },
      { op: 'record-stop', recordingId: 'r' },
      { op: 'dtmf', sessionId: 'a', digits: '12*#ABCD', durationMs: 200 },
      { op: 'stats', sessionId: 'a' },
      { op: 'close', sessionId: 'a' },
      { op: 'closeAll' },
      { op: 'list' },
    ];
    for (const request of requests) expect(codeOf(request), JSON.stringify(request)).to.equal('ok');
  });

  it('refuses what is out of bounds', () => {
    const requests = [
      { op: 'open', sessionId: 'x'.repeat(65) },
      { op: 'open', sessionId: 'a b' },
      { op: 'open', sessionId: 'a', ptimeMs: 30 },
      { op: 'open', sessionId: 'a', codec: 'opus' },
      { op: 'open', sessionId: 'a', dtmfPt: 0 },
      { op: 'open', sessionId: 'a', direction: 'both' },
      { op: 'open', sessionId: 'a', remote: { ip: 'example.org', port: 1 } },
      { op: 'open', sessionId: 'a', remote: { ip: '10.0.0.1', port: 70_000 } },
      { op: 'open', sessionId: 'a', rtpTimeoutMs: -1 },
      { op: 'play', sessionId: 'a', playId: 'p', files: [] },
      { op: 'play', sessionId: 'a', playId: 'p', files: ['x.wav'] },
      { op: 'play', sessionId: 'a', playId: 'p', files: ['/x\0.wav'] },
      { op: 'play', sessionId: 'a', playId: 'p', files: Array.from({ length: 65 }, () => '/x.wav') },
      { op: 'dtmf', sessionId: 'a', digits: 'x' },
      { op: 'dtmf', sessionId: 'a', digits: '1', durationMs: 1 },
    ];
    for (const request of requests) expect(codeOf(request), JSON.stringify(request)).to.equal('bad-request');
    expect(codeOf({ op: 'nonsense' })).to.equal('unknown-op');
    expect(parseRequest({ id: -1, op: 'hello' }).ok).to.equal(false);
  });

  it('never throws, whatever JSON comes', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => void parseRequest(value)));
    const op = fc.constantFrom('open', 'update', 'play', 'bridge', 'record-start', 'dtmf', 'close');
    const fields = fc.dictionary(
      fc.constantFrom('sessionId', 'remote', 'files', 'a', 'b', 'digits', 'dtmfPt', 'file', 'playId'),
      fc.jsonValue(),
    );
    fc.assert(fc.property(op, fields, (name, rest) => void parseRequest({ ...rest, id: 1, op: name })));
  });

  it('reads and writes IPv4 addresses', () => {
    fc.assert(fc.property(fc.ipV4(), (ip) => numberToIpv4(ipv4ToNumber(ip)) === ip));
    for (const bad of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', '::1', '0x7f.0.0.1'])
      expect(ipv4ToNumber(bad)).to.equal(-1);
  });

  it('lets no recording name leave its folder', () => {
    const part = fc.constantFrom('..', '.', 'a', '', '/', 'b.wav', '\\', '\0', ' ', 'ü');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const name = parts.join('/');
        if (!isSafeRecordingName(name)) return true;
        return !name.startsWith('/') && !name.split('/').includes('..') && name.endsWith('.wav');
      }),
    );
    expect(isSafeRecordingName('2026/11/21/call-1.wav')).to.equal(true);
  });
});
