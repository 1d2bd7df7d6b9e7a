import { expect } from 'chai';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MediaClient, MediaError } from '../../../sip/media/client.ts';
import type { MediaEvent } from '../../../sip/media/protocol.ts';
import { type RunningMediaEngine, startMediaEngine } from '../../support/media-engine.ts';
import { RtpPeer, until } from '../../support/rtp-peer.ts';
import { toneWav } from '../../support/tone-wav.ts';

for (const sockets of ['dgram', 'koffi'] as const)
  describe(`media engine on ${sockets}: endpoint, bridge, play`, () => {
    let engine: RunningMediaEngine;
    let client: MediaClient;
    let caller: RtpPeer;
    let agent: RtpPeer;
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
    });

    afterEach(async () => {
      caller.close();
      agent.close();
      await client.closeAll();
    });

    async function openBoth(): Promise<void> {
      const [a, b] = await Promise.all([
        client.open({ sessionId: 'a', remote: caller.remote, codec: 'PCMU', dtmfPt: 101 }),
        client.open({ sessionId: 'b', remote: agent.remote, codec: 'PCMU', dtmfPt: 96 }),
      ]);
      caller.target(a.port);
      agent.target(b.port);
    }

    it('opens a session once, however often it is asked', async () => {
      const first = await client.open({ sessionId: 'a' });
      const second = await client.open({ sessionId: 'a', codec: 'PCMA' });
      expect(second.port).to.equal(first.port);
      expect((await client.stats('a')).codec).to.equal('PCMA');
    });

    it('relays both ways when bridged, and stops when unbridged', async () => {
      await openBoth();
      await client.bridge('a', 'b');
      caller.start(440);
      agent.start(1000);
      await until('audio at both ends', () => caller.audio().length > 30 && agent.audio().length > 30);
      expect(agent.level(440)).to.be.greaterThan(7000);
      expect(agent.level(1000)).to.be.lessThan(200);
      expect(caller.level(1000)).to.be.greaterThan(7000);
      const ssrcs = new Set(agent.packets.map(({ ssrc }) => ssrc));
      expect(ssrcs.size).to.equal(1);
      expect(ssrcs.has(caller.ssrc)).to.equal(false);
      expect(agent.audio()[0]?.marker).to.equal(true);
      await client.unbridge('a');
      const count = agent.packets.length;
      caller.sendFrame();
      const stats = await client.stats('a');
      expect(stats.packetsIn).to.be.greaterThan(30);
      expect(stats.lost).to.equal(0);
      expect(agent.packets.length).to.be.lessThan(count + 2);
    });

    it('transcodes between A-law and mu-law', async () => {
      await openBoth();
      await client.update({ sessionId: 'b', codec: 'PCMA' });
      agent.payloadType = 8;
      await client.bridge('a', 'b');
      caller.start(440);
      agent.start(1000);
      await until('audio at both ends', () => caller.audio().length > 30 && agent.audio().length > 30);
      expect(agent.audio().every(({ payloadType }) => payloadType === 8)).to.equal(true);
      expect(caller.audio().every(({ payloadType }) => payloadType === 0)).to.equal(true);
      expect(agent.level(440)).to.be.greaterThan(7000);
      expect(caller.level(1000)).to.be.greaterThan(7000);
    });

    it('plays a sequence of files at the right pace and tells when it is done', async () => {
      const one = join(engine.dir, 'one.wav');
      const two = join(engine.dir, 'two.wav');
      writeFileSync(one, toneWav({ frequency: 500, ms: 400, rate: 8000 }));
      writeFileSync(two, toneWav({ frequency: 900, ms: 400, rate: 16000 }));
      await openBoth();
      await client.play({ sessionId: 'a', playId: 'p1', files: [one, two] });
      await until('play-finished', () => events.some(({ event }) => event === 'play-finished'));
      expect(events.find(({ event }) => event === 'play-finished')).to.include({
        playId: 'p1',
        reason: 'done',
      });
      const packets = caller.audio();
      expect(packets.length).to.equal(40);
      // Four times nearly the whole, so that one packet that was read late says nothing; 720 ms of pace.
      const spans = packets.slice(36).map(({ atMs }, i) => atMs - packets[i]!.atMs);
      expect(spans.sort((a, b) => a - b)[spans.length >> 1]).to.be.within(660, 780);
      for (let i = 1; i < packets.length; i++) {
        expect((packets[i]?.seq ?? 0) - (packets[i - 1]?.seq ?? 0)).to.be.oneOf([1, -65535]);
        expect(((packets[i]?.timestamp ?? 0) - (packets[i - 1]?.timestamp ?? 0)) | 0).to.equal(160);
      }
      expect(caller.level(900, 18)).to.be.greaterThan(5000);
      expect(caller.level(500, 18)).to.be.lessThan(300);
    });

    it('loops music, replaces it, and a bridge stops it', async () => {
      const music = join(engine.dir, 'music.wav');
      writeFileSync(music, toneWav({ frequency: 500, ms: 100, rate: 8000 }));
      await openBoth();
      await client.play({ sessionId: 'a', playId: 'm1', files: [music], loop: true });
      await until('music', () => caller.audio().length > 20);
      await client.play({ sessionId: 'a', playId: 'm2', files: [music], loop: true });
      await until('replaced', () =>
        events.some((event) => event.event === 'play-finished' && event.reason === 'replaced'),
      );
      await client.bridge('a', 'b');
      await until('stopped', () =>
        events.some((event) => event.event === 'play-finished' && event.reason === 'stopped'),
      );
      const refusal = await client
        .play({ sessionId: 'a', playId: 'm3', files: [music] })
        .catch((error: unknown) => error);
      expect(refusal).to.be.instanceOf(MediaError).with.property('code', 'bridged');
    });

    it('tells when a file cannot be played', async () => {
      await openBoth();
      await client.play({ sessionId: 'a', playId: 'p1', files: ['/nonexistent/x.wav'] });
      await until('error', () =>
        events.some((event) => event.event === 'play-finished' && event.reason === 'error'),
      );
    });
  });
