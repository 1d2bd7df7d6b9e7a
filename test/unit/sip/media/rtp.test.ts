import { expect } from 'chai';
import fc from 'fast-check';
import { DtmfIn } from '../../../../sip/media/engine/dtmf-in-state.ts';
import { DtmfOut } from '../../../../sip/media/engine/dtmf-out.ts';
import { OutStream } from '../../../../sip/media/engine/out-stream.ts';
import {
  DUPLICATE,
  IN_ORDER,
  LATE,
  OUT_OF_RANGE,
  ReceiveStats,
} from '../../../../sip/media/engine/receive-stats.ts';
import { parseRtp, RtpHeader, seqDiff, writeRtp } from '../../../../sip/media/engine/rtp-packet.ts';
import { ACCEPTED, LOCKED, SourceLock, STRANGER } from '../../../../sip/media/engine/source-lock-state.ts';

const uint16 = fc.integer({ min: 0, max: 65535 });
const uint32 = fc.integer({ min: 0, max: 4294967295 });

describe('RTP packets', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 71 }),
        fc.boolean(),
        uint16,
        uint32,
        uint32,
        (pt, marker, seq, ts, ssrc) => {
          const buf = new Uint8Array(172);
          const header = new RtpHeader();
          writeRtp(buf, 0, pt, marker, seq, ts, ssrc);
          expect(parseRtp(buf, 172, header)).to.equal(true);
          expect(header).to.include({
            payloadType: pt,
            marker,
            seq,
            timestamp: ts,
            ssrc,
            payloadOffset: 12,
            payloadLength: 160,
          });
        },
      ),
    );
  });

  it('never lead beyond the bytes received, whatever the bytes', () => {
    const header = new RtpHeader();
    const first = fc.integer({ min: 0x80, max: 0xbf });
    fc.assert(
      fc.property(first, fc.uint8Array({ minLength: 0, maxLength: 120 }), (byte, rest) => {
        const buf = new Uint8Array([byte, ...rest]);
        if (!parseRtp(buf, buf.length, header)) return true;
        return (
          header.payloadOffset >= 12 &&
          header.payloadLength >= 0 &&
          header.payloadOffset + header.payloadLength <= buf.length
        );
      }),
      { numRuns: 2000 },
    );
  });
});

describe('receive statistics', () => {
  it('count loss, reordering and duplicates of any order of arrival exactly', () => {
    const arrivals = fc.array(fc.integer({ min: 0, max: 25 }), { minLength: 2, maxLength: 60 });
    fc.assert(
      fc.property(uint16, arrivals, (start, offsets) => {
        const stats = new ReceiveStats();
        // The first one is the lowest, so that nothing comes from before the beginning.
        const order = [0, ...offsets];
        for (const offset of order)
          stats.update((start + offset) & 0xffff, offset * 160, offset * 20, 172, true);
        const unique = new Set(order);
        expect(stats.packets).to.equal(unique.size);
        expect(stats.duplicates).to.equal(order.length - unique.size);
        expect(stats.lost()).to.equal(Math.max(...order) + 1 - unique.size);
      }),
    );
  });

  it('believe a jump only when a second packet follows it', () => {
    const stats = new ReceiveStats();
    expect(stats.update(10, 0, 0, 172, true)).to.equal(IN_ORDER);
    expect(stats.update(30_000, 160, 20, 172, true)).to.equal(OUT_OF_RANGE);
    expect(stats.update(11, 160, 20, 172, true)).to.equal(IN_ORDER);
    expect(stats.update(30_000, 320, 40, 172, true)).to.equal(OUT_OF_RANGE);
    expect(stats.update(30_001, 480, 60, 172, true)).to.equal(IN_ORDER);
    expect(stats.update(30_003, 800, 100, 172, true)).to.equal(IN_ORDER);
    expect(stats.update(30_002, 640, 101, 172, true)).to.equal(LATE);
    expect(stats.update(30_002, 640, 102, 172, true)).to.equal(DUPLICATE);
    expect(stats.lost()).to.equal(0);
  });

  it('measure no jitter on a regular stream, and the right one on an irregular stream', () => {
    const regular = new ReceiveStats();
    const irregular = new ReceiveStats();
    for (let n = 0; n < 2000; n++) {
      regular.update(n & 0xffff, n * 160, n * 20, 172, true);
      irregular.update(n & 0xffff, n * 160, n * 20 + (n & 1) * 8, 172, true);
    }
    expect(regular.jitterMs()).to.equal(0);
    expect(irregular.jitterMs()).to.be.closeTo(8, 0.2);
  });
});

describe('the source lock', () => {
  it('listens to the signalled address at once, and then to nobody else', () => {
    const lock = new SourceLock();
    lock.reopen(1);
    expect(lock.accept(1, 5, 77, 1, true)).to.equal(LOCKED);
    expect(lock.accept(1, 5, 77, 2, true)).to.equal(ACCEPTED);
    for (let seq = 3; seq < 20; seq++) expect(lock.accept(2, 5, 77, seq, true)).to.equal(STRANGER);
    for (let seq = 3; seq < 20; seq++) expect(lock.accept(1, 6, 77, seq, true)).to.equal(STRANGER);
    expect(lock.state).to.equal('confirmed');
  });

  it('learns another source only from three packets in a row of a payload it expects', () => {
    const lock = new SourceLock();
    lock.reopen(1);
    for (let seq = 0; seq < 20; seq += 2) expect(lock.accept(2, 5, 77, seq, true)).to.equal(STRANGER);
    for (let seq = 30; seq < 40; seq++) expect(lock.accept(2, 5, 77, seq, false)).to.equal(STRANGER);
    expect([40, 41, 42].map((seq) => lock.accept(2, 5, 77, seq, true))).to.deep.equal([
      STRANGER,
      STRANGER,
      LOCKED,
    ]);
    expect(lock.state).to.equal('learned');
    expect(lock.accept(3, 5, 77, 43, true)).to.equal(STRANGER);
    expect(lock.accept(1, 5, 99, 1, true)).to.equal(LOCKED);
    expect(lock.state).to.equal('confirmed');
  });

  it('never accepts, once confirmed, a packet from another address, whatever is sent', () => {
    const packet = fc.tuple(
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 2 }),
      fc.integer({ min: 1, max: 2 }),
    );
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 80 }), (packets) => {
        const lock = new SourceLock();
        lock.reopen(1);
        lock.accept(1, 1, 1, 0, true);
        return packets.every(([ip, port, ssrc], seq) => {
          const verdict = lock.accept(ip, port, ssrc, seq, true);
          return verdict === STRANGER || (ip === 1 && port === 1);
        });
      }),
    );
  });
});

describe('the outgoing stream', () => {
  it('goes on in sequence and time across feeds', () => {
    const out = new OutStream(1, 65_530, 4294967000);
    const seqs: number[] = [];
    const stamps: number[] = [];
    const note = (): void => {
      seqs.push(out.outSeq);
      stamps.push(out.outTs);
    };
    let nowMs = 0;
    const step = (): number => (nowMs += 20);
    for (let n = 0; n < 5; n++) {
      out.next(n === 0, step(), 160);
      note();
    }
    for (let n = 0; n < 5; n++) {
      expect(out.relay((60_000 + n) & 0xffff, (123 + n * 160) >>> 0, 9, false, step())).to.equal(true);
      expect(out.outMarker).to.equal(n === 0);
      note();
    }
    out.detach();
    for (let n = 0; n < 5; n++) {
      out.relay((7 + n) & 0xffff, (99_999 + n * 160) >>> 0, 10, false, step());
      note();
    }
    seqs.forEach((seq, i) => i > 0 && expect(seqDiff(seq, seqs[i - 1] as number)).to.equal(1));
    stamps.forEach((stamp, i) => i > 0 && expect((stamp - (stamps[i - 1] as number)) | 0).to.equal(160));
  });

  it('keeps gaps and order of what it relays, closes those it made itself, drops what precedes the switch', () => {
    const out = new OutStream(1, 100, 0);
    out.relay(500, 0, 9, false, 0);
    expect(out.outSeq).to.equal(101);
    out.relay(503, 480, 9, false, 60);
    expect(out.outSeq).to.equal(104);
    out.relay(502, 320, 9, false, 61);
    expect(out.outSeq).to.equal(103);
    out.skip(504, 9);
    out.relay(505, 800, 9, false, 100);
    expect(out.outSeq).to.equal(105);
    expect(out.relay(498, 0, 9, false, 101)).to.equal(false);
  });
});

describe('telephone events', () => {
  const listener = (): {
    log: string[];
    onDigitStart(d: string): void;
    onDigitEnd(d: string, ms: number): void;
  } => {
    const log: string[] = [];
    return {
      log,
      onDigitStart: (digit) => log.push(`+${digit}`),
      onDigitEnd: (digit, durationMs) => log.push(`-${digit}${durationMs}`),
    };
  };
  const payload = (event: number, isEnd: boolean, units: number): Uint8Array =>
    Uint8Array.from([event, (isEnd ? 0x80 : 0) | 10, units >> 8, units & 255]);

  it('are told once each under any loss, reordering and repetition that leaves one packet of each', () => {
    const presses = fc.array(
      fc.record({
        event: fc.integer({ min: 0, max: 15 }),
        keep: fc.subarray([0, 1, 2, 3, 4, 5, 6], { minLength: 1 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    fc.assert(
      fc.property(presses, uint32, (list, firstTs) => {
        const seen = listener();
        const dtmf = new DtmfIn();
        let nowMs = 0;
        list.forEach(({ event, keep }, index) => {
          const timestamp = (firstTs + index * 1600) >>> 0;
          for (const n of keep) {
            const data = payload(event, n >= 4, Math.min(n + 1, 5) * 160);
            dtmf.packet(data, 0, 4, timestamp, (nowMs += 20), seen);
            dtmf.packet(data, 0, 4, timestamp, nowMs, seen);
          }
        });
        dtmf.sweep(nowMs + 1000, seen);
        const digits = list.map(({ event }) => '0123456789*#ABCD'[event]);
        expect(seen.log.filter((entry) => entry.startsWith('+')).map((entry) => entry[1])).to.deep.equal(
          digits,
        );
        expect(seen.log.filter((entry) => entry.startsWith('-')).map((entry) => entry[1])).to.deep.equal(
          digits,
        );
      }),
    );
  });

  it('are sent so that they are read back', () => {
    const digits = fc.array(fc.constantFrom(...'0123456789*#ABCD'.split('')), {
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(digits, fc.integer({ min: 40, max: 1000 }), (list, durationMs) => {
        const seen = listener();
        const dtmfIn = new DtmfIn();
        const out = new DtmfOut();
        out.add(list.join(''), durationMs);
        let timestamp = 0;
        let ticks = 0;
        while (out.isActive && ticks < 5000) {
          ticks++;
          out.tick({
            sendEvent: (isStart, data) => {
              if (isStart) timestamp = ticks * 160;
              dtmfIn.packet(data, 0, 4, timestamp, ticks * 20, seen);
            },
          });
        }
        expect(seen.log).to.deep.equal(list.flatMap((digit) => [`+${digit}`, `-${digit}${durationMs}`]));
      }),
    );
  });

  it('ignore what is too short or no digit', () => {
    const seen = listener();
    const dtmf = new DtmfIn();
    dtmf.packet(Uint8Array.from([1, 2, 3]), 0, 3, 1, 0, seen);
    dtmf.packet(payload(16, false, 160), 0, 4, 1, 0, seen);
    expect(seen.log).to.deep.equal([]);
  });
});
