import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MediaClient, MediaError } from '../../../sip/media/client.ts';
import type { MediaEvent } from '../../../sip/media/protocol.ts';
import { type RunningMediaEngine, startMediaEngine } from '../../support/media-engine.ts';
import { RtpPeer, until } from '../../support/rtp-peer.ts';
import { toneWav } from '../../support/tone-wav.ts';

async function refusalOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'accepted';
  } catch (error) {
    return error instanceof MediaError ? error.code : String(error);
  }
}

for (const sockets of ['dgram', 'koffi'] as const) {
  describe(`media engine on ${sockets}: whom it listens to, events, silence`, () => {
    let engine: RunningMediaEngine;
    let client: MediaClient;
    let caller: RtpPeer;
    let agent: RtpPeer;
    let stranger: RtpPeer;
    let events: MediaEvent[];

    before(async () => {
      engine = await startMediaEngine({ sockets });
      client = new MediaClient();
      await client.connect(engine.controlPath);
      for (const name of ['rtp-started', 'play-finished', 'rtp-timeout', 'rtp-resumed', 'dtmf'] as const) {
        client.on(name, (event: MediaEvent) => events.push(event));
      }
    });

    after(async () => {
      client.disconnect();
      expect(await engine.stop()).to.equal(0);
    });

    beforeEach(async () => {
      events = [];
      caller = await RtpPeer.create();
      agent = await RtpPeer.create();
      stranger = await RtpPeer.create('127.0.0.9');
    });

    afterEach(async () => {
      caller.close();
      agent.close();
      stranger.close();
      await client.closeAll();
    });

    async function openBridge(
      remoteOfCaller: { ip: string; port: number } | undefined = caller.remote,
    ): Promise<number> {
      const a = await client.open({ sessionId: 'a', remote: remoteOfCaller, dtmfPt: 101 });
      const b = await client.open({ sessionId: 'b', remote: agent.remote, dtmfPt: 96 });
      await client.bridge('a', 'b');
      caller.target(a.port);
      stranger.target(a.port);
      agent.target(b.port);
      return a.port;
    }

    function eventsOf(name: MediaEvent['event']): MediaEvent[] {
      return events.filter(({ event }) => event === name);
    }

    /** Sends frames one by one and waits until the engine has counted them: no pacing, no guessing. */
    async function sendCounted(peer: RtpPeer, count: number, frequency = 440): Promise<void> {
      const before = await client.stats('a');
      for (let i = 0; i < count; i++) peer.sendFrame(frequency);
      for (let tries = 0; tries < 200; tries++) {
        const now = await client.stats('a');
        if (now.packetsIn + now.strangers >= before.packetsIn + before.strangers + count) return;
      }
      throw new Error('the packets did not arrive');
    }

    it('neither relays nor counts as audio what a stranger sends, even with the right SSRC', async () => {
      await openBridge();
      await sendCounted(caller, 5);
      stranger.ssrc = caller.ssrc;
      stranger.seq = caller.seq;
      await sendCounted(stranger, 20, 1500);
      await until('the caller audio', () => agent.audio().length === 5);
      const stats = await client.stats('a');
      expect(stats.strangers).to.equal(20);
      expect(stats.packetsIn).to.equal(5);
      expect(stats.lockedTo).to.deep.equal(caller.remote);
      expect(eventsOf('rtp-started')).to.have.length(1);
    });

    it('learns the source behind NAT after three packets in a row, and sends there', async () => {
      await openBridge({ ip: '127.0.0.77', port: 9 });
      await sendCounted(caller, 2);
      expect((await client.stats('a')).lockedTo).to.equal(null);
      await sendCounted(caller, 3);
      expect((await client.stats('a')).lockedTo).to.deep.equal(caller.remote);
      agent.sendFrame(1000);
      await until('audio at the learned address', () => caller.audio().length === 1);
    });

    it('gives way to the signalled address when a stranger was first', async () => {
      await openBridge();
      await sendCounted(stranger, 5);
      expect((await client.stats('a')).lockedTo).to.deep.equal(stranger.remote);
      await sendCounted(caller, 1);
      expect((await client.stats('a')).lockedTo).to.deep.equal(caller.remote);
      await sendCounted(stranger, 5);
      expect((await client.stats('a')).lockedTo).to.deep.equal(caller.remote);
    });

    it('opens the lock again for a new remote, and follows a new SSRC after three packets', async () => {
      await openBridge();
      await sendCounted(caller, 3);
      await client.update({ sessionId: 'a', remote: stranger.remote });
      await sendCounted(stranger, 3);
      expect((await client.stats('a')).lockedTo).to.deep.equal(stranger.remote);
      expect((await client.stats('a')).packetsIn).to.equal(6);
      stranger.ssrc = (stranger.ssrc + 1) >>> 0;
      await sendCounted(stranger, 5);
      const stats = await client.stats('a');
      expect(stats.strangers).to.equal(2);
      expect(stats.packetsIn).to.equal(9);
      await until('audio', () => agent.audio().length === 9);
      expect(new Set(agent.packets.map(({ ssrc }) => ssrc)).size).to.equal(1);
    });

    it('drops malformed packets and lives on', async () => {
      await openBridge();
      await sendCounted(caller, 1);
      const good = caller.packet(new Uint8Array(160), 0);
      const bad = [
        Buffer.alloc(0),
        Buffer.from([0x80]),
        good.subarray(0, 11),
        Buffer.from(good).fill(0x40, 0, 1),
        Buffer.from(good).fill(0x8f, 0, 1).subarray(0, 40),
        Buffer.from(good).fill(0x90, 0, 1).fill(0xff, 12, 16),
        Buffer.concat([Buffer.from(good).fill(0xa0, 0, 1).subarray(0, 171), Buffer.from([250])]),
        Buffer.concat([good, Buffer.alloc(4000)]),
        Buffer.from(good).fill(200, 1, 2),
      ];
      for (const data of bad) caller.sendRaw(data);
      await sendCounted(caller, 1);
      const stats = await client.stats('a');
      expect(stats.malformed).to.equal(bad.length);
      expect(stats.packetsIn).to.equal(2);
    });

    it('leaves CSRCs, extension and padding of the peer behind', async () => {
      await openBridge();
      const plain = caller.packet(new Uint8Array(160).fill(0x55), 0);
      const fancy = Buffer.concat([
        plain.subarray(0, 12),
        Buffer.alloc(8, 1),
        Buffer.from([0xbe, 0xde, 0, 1, 9, 9, 9, 9]),
        plain.subarray(12),
        Buffer.from([0, 0, 0, 4]),
      ]);
      fancy[0] = 0x80 | 0x20 | 0x10 | 2;
      caller.sendRaw(fancy);
      await until('the packet', () => agent.audio().length === 1);
      expect(agent.audio()[0]?.payload).to.deep.equal(Buffer.alloc(160, 0x55));
    });

    it('counts loss, reordering and duplicates, and does not send duplicates on', async () => {
      await openBridge();
      const packets = Array.from({ length: 12 }, () => {
        const data = caller.packet(caller.frame(440), 0);
        caller.advance();
        return data;
      });
      for (const index of [0, 1, 2, 4, 3, 5, 5, 6, 9, 10, 11]) caller.sendRaw(packets[index] as Buffer);
      await until('ten packets', () => agent.audio().length === 10);
      const stats = await client.stats('a');
      expect(stats).to.include({ lost: 2, reordered: 1, duplicates: 1, packetsIn: 10 });
      const seqs = agent.audio().map(({ seq }) => (seq - (agent.audio()[0]?.seq ?? 0)) & 0xffff);
      expect(seqs).to.deep.equal([0, 1, 2, 4, 3, 5, 6, 9, 10, 11]);
    });

    it('tells each key press once and forwards it with the payload type of the other side', async () => {
      await openBridge();
      await sendCounted(caller, 3);
      caller.sendDigit(5, 101);
      caller.sendDigit(11, 101, { drop: (index) => index < 4 });
      caller.sendDigit(7, 101, { drop: (index) => index > 3 });
      caller.sendDigit(0, 101);
      await until('four digits', () => eventsOf('dtmf').length === 4);
      const told = eventsOf('dtmf').map((event) =>
        event.event === 'dtmf' ? [event.digit, event.durationMs] : [],
      );
      expect(told).to.deep.equal([
        ['5', 100],
        ['#', 100],
        ['7', 80],
        ['0', 100],
      ]);
      const forwarded = () => agent.packets.filter(({ payloadType }) => payloadType === 96);
      await until('all are forwarded', () => forwarded().length >= 8 + 4 + 4 + 8);
      expect(forwarded()).to.have.length(8 + 4 + 4 + 8);
      expect(new Set(forwarded().map(({ timestamp }) => timestamp)).size).to.equal(4);
    });

    it('tells a press whose end never came', async () => {
      await openBridge();
      caller.sendDigit(9, 101, { drop: (index) => index > 2 });
      await until('the digit', () => eventsOf('dtmf').length === 1);
      expect(eventsOf('dtmf')[0]).to.include({ digit: '9', durationMs: 60 });
    });

    it('sends digits as events, with the end three times', async () => {
      await openBridge();
      await client.dtmf({ sessionId: 'b', digits: '1#', durationMs: 100 });
      const sent = (): typeof agent.packets => agent.packets.filter(({ payloadType }) => payloadType === 96);
      const isEnd = (payload: Buffer): boolean => ((payload[1] as number) & 0x80) !== 0;
      await until('both digits', () => sent().filter(({ payload }) => isEnd(payload)).length === 6);
      expect([...new Set(sent().map(({ payload }) => payload[0]))]).to.deep.equal([1, 11]);
      expect(new Set(sent().map(({ timestamp }) => timestamp)).size).to.equal(2);
      expect(sent().filter(({ marker }) => marker)).to.have.length(2);
      for (const { payload } of sent().filter(({ payload: data }) => isEnd(data))) {
        expect(payload.readUInt16BE(2)).to.equal(800);
      }
      await client.update({ sessionId: 'b', dtmfPt: null });
      expect(await refusalOf(client.dtmf({ sessionId: 'b', digits: '1' }))).to.equal('no-dtmf-payload-type');
    });

    it('stops a prompt at the first packet of a key press', async () => {
      const prompt = join(engine.dir, 'prompt.wav');
      writeFileSync(prompt, toneWav({ frequency: 500, ms: 5000, rate: 8000 }));
      const { port } = await client.open({ sessionId: 'a', remote: caller.remote, dtmfPt: 101 });
      caller.target(port);
      await client.play({ sessionId: 'a', playId: 'menu', files: [prompt], bargeIn: true });
      await until('the prompt', () => caller.audio().length > 5);
      caller.sendDigit(2, 101, { drop: (index) => index > 0 });
      await until('barge-in', () => eventsOf('play-finished').length === 1);
      expect(eventsOf('play-finished')[0]).to.include({ playId: 'menu', reason: 'barge-in', digit: '2' });
      await until('the digit', () => eventsOf('dtmf').length === 1);
      const placeOf = (type: string) => events.findIndex(({ event }) => event === type);
      expect(placeOf('play-finished'), 'told first').to.be.lessThan(placeOf('dtmf'));
    });

    it('plays the same prompt to several sessions from memory', async () => {
      const prompt = join(engine.dir, 'shared.wav');
      writeFileSync(prompt, toneWav({ frequency: 500, ms: 60, rate: 8000 }));
      await client.open({ sessionId: 'a', remote: caller.remote });
      await client.open({ sessionId: 'b', remote: agent.remote, codec: 'PCMA' });
      await client.play({ sessionId: 'a', playId: 'p1', files: [prompt] });
      await until('the first', () => eventsOf('play-finished').length === 1);
      writeFileSync(prompt, 'this is no WAV file any more');
      await client.play({ sessionId: 'a', playId: 'p2', files: [prompt] });
      await until('the second', () => eventsOf('play-finished').length === 2);
      expect(
        eventsOf('play-finished').every(
          (event) => event.event === 'play-finished' && event.reason === 'done',
        ),
      ).to.equal(true);
      await client.play({ sessionId: 'b', playId: 'p3', files: [prompt] });
      await until('the refusal', () => eventsOf('play-finished').length === 3);
      expect(eventsOf('play-finished')[2]).to.include({ playId: 'p3', reason: 'error' });
    });

    it('on hold neither relays the held peer nor reports its silence', async () => {
      await openBridge();
      await client.update({ sessionId: 'a', direction: 'sendonly', rtpTimeoutMs: 100 });
      await client.update({ sessionId: 'b', rtpTimeoutMs: 100 });
      await sendCounted(caller, 5);
      agent.sendFrame(1000);
      await until('audio towards the held peer', () => caller.audio().length === 1);
      await until('silence of the other side', () => eventsOf('rtp-timeout').length === 1);
      expect(eventsOf('rtp-timeout')[0]).to.include({ sessionId: 'b' });
      expect((await client.stats('a')).unexpected).to.equal(5);
      expect(agent.audio()).to.have.length(0);
      await client.update({ sessionId: 'a', direction: 'inactive' });
      agent.sendFrame(1000);
      await until('rtp-resumed', () => eventsOf('rtp-resumed').length === 1);
      await client.update({ sessionId: 'a', direction: 'sendrecv' });
      agent.sendFrame(1000);
      await sendCounted(caller, 1);
      await until('audio both ways', () => agent.audio().length === 1 && caller.audio().length === 2);
      expect((await client.stats('a')).lost).to.equal(0);
    });

    it('tells silence once, and when it is over', async () => {
      await openBridge();
      await client.update({ sessionId: 'a', rtpTimeoutMs: 150 });
      await until('rtp-timeout', () => eventsOf('rtp-timeout').length === 1);
      expect(eventsOf('rtp-timeout')[0]).to.have.property('silentMs').that.is.within(150, 600);
      caller.sendFrame();
      await until('rtp-resumed', () => eventsOf('rtp-resumed').length === 1);
      await until('rtp-timeout again', () => eventsOf('rtp-timeout').length === 2);
    });

    it('refuses addresses it must never send to', async () => {
      const { port } = await client.open({ sessionId: 'b' });
      const codes = await Promise.all(
        ['224.0.0.1', '239.255.255.250', '255.255.255.255', '0.0.0.0', '127.255.255.255'].map((ip) =>
          refusalOf(client.open({ sessionId: 'a', remote: { ip, port: 4000 } })),
        ),
      );
      expect(codes).to.deep.equal(codes.map(() => 'bad-remote'));
      expect(await refusalOf(client.open({ sessionId: 'a', remote: { ip: '127.0.0.1', port } }))).to.equal(
        'own-port',
      );
      expect(await refusalOf(client.open({ sessionId: 'a', remote: { ip: 'fe80::1', port } }))).to.equal(
        'bad-request',
      );
      expect(await refusalOf(client.stats('a'))).to.equal('unknown-session');
    });
  });
}
