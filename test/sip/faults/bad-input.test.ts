/** What strangers, broken devices, full disks and slips of the pen do to a running house: little, and it is told of. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import type { ErrorBody } from '../../../server/contract/rest.ts';
import { watchFloor } from '../../support/floor-watch.ts';
import { callSite, House } from '../../support/house.ts';
import { RtpPeer } from '../../support/rtp-peer.ts';
import { toneShare } from '../../support/tone-share.ts';
import { until } from '../../support/until.ts';
import { Crowd } from './crowd.ts';
import { askOnce, answersWithin, plainRequest } from './raw-sip.ts';

const optionsMs = 500;
const recordingsMiB = 2;
const callerHz = 440;
const agentHz = 1000;
const strangerHz = 2000;
/** Of all the sound in a channel: nothing of a stranger's. */
const leakShare = 0.02;

describe('bad input to a running house', function () {
  this.timeout(60_000);
  let house: House;
  let crowd: Crowd;
  let pids: Record<string, number>;
  let isMounted = false;

  before(async () => {
    house = await House.open({ tied: 1, free: 0 });
    isMounted = mountSmallDisk(house.stack.recordingsDir);
    crowd = new Crowd(house);
    pids = { ...house.stack.pids() };
  });
  afterEach(async () => {
    await crowd.leave();
    await house.untilIdle();
    expect(house.stack.pids(), 'no process died').to.deep.equal(pids);
  });
  after(async () => {
    if (isMounted) spawnSync('umount', ['-l', house.stack.recordingsDir]);
    await house?.close();
  });

  /** Two who hear each other; the phone is 1001. */
  const talk = async () => {
    const caller = await crowd.sound(callerHz);
    const agent = await crowd.sound(agentHz);
    await crowd.seat(1001, 1, { rtpPort: agent.port });
    await house.untilAgents('ready', 1);
    const run = await crowd.call(1, { rtpPort: caller.port });
    await house.untilContacts('connected', 1);
    await until('the caller hears the agent', () => caller.level(agentHz) > 2000);
    await until('the agent hears the caller', () => agent.level(callerHz) > 2000);
    return { caller, agent, hangUp: () => crowd.hangUp(run, run.callId(1)) };
  };

  const packets: Record<string, Buffer> = {
    'an empty datagram': Buffer.alloc(0),
    'a datagram of zeros': Buffer.alloc(1000),
    'noise as long as a datagram can be': Buffer.alloc(65_507, 0xa5),
    'a start line and no more': Buffer.from('INVITE sip:700@127.0.0.1 SIP/2.0\r\n'),
    'a header of 60 kB': Buffer.from(
      plainRequest('OPTIONS', 'sip:127.0.0.1', [`X-Long: ${'x'.repeat(60_000)}`]),
    ),
    'ten thousand headers': Buffer.from(
      plainRequest(
        'OPTIONS',
        'sip:127.0.0.1',
        Array.from({ length: 10_000 }, () => 'X: 1'),
      ),
    ),
    'a body that is not there': Buffer.from(
      plainRequest('INVITE', 'sip:700@127.0.0.1').replace('Content-Length: 0', 'Content-Length: 4000000000'),
    ),
    'a description that is none': Buffer.from(
      plainRequest(
        'INVITE',
        'sip:700@127.0.0.1',
        ['Content-Type: application/sdp'],
        'v=0\r\nm=audio x y z\r\n',
      ),
    ),
  };
  for (const [name, bytes] of Object.entries(packets))
    it(`SIP: ${name} makes no call, and the next is served`, async () => {
      const status = await askOnce(house.sipPort, bytes.toString('latin1'), 200);
      // Silence, or a refusal; an odd but lawful OPTIONS may be answered.
      if (status !== undefined && name !== 'ten thousand headers' && name !== 'a header of 60 kB')
        expect(status).to.be.within(400, 699);
      expect(await answersWithin(house.sipPort, optionsMs, house.stack.pids().sip)).to.equal(true);
      expect(await house.inHand()).to.equal(0);
    });

  it('SIP over TCP: a message without an end is cut off, and the port serves others meanwhile', async () => {
    const socket = connect(house.sipPort, '127.0.0.1');
    let isClosed = false;
    socket.on('error', () => undefined);
    socket.on('close', () => (isClosed = true));
    await new Promise<void>((open) => socket.once('connect', open));
    const answer = new Promise<string>((said) =>
      socket.once('data', (data) => said(data.toString('latin1'))),
    );
    socket.write(
      plainRequest('OPTIONS', 'sip:127.0.0.1').replaceAll('@PORT@', '5060').replace('/UDP', '/TCP'),
    );
    expect(await answer, 'a message with an end').to.match(/^SIP\/2\.0 200 /);
    socket.write('OPTIONS sip:127.0.0.1 SIP/2.0\r\n');
    let sent = 0;
    const chunk = `X-Endless: ${'x'.repeat(32_000)}\r\n`;
    await until(
      'the connection is closed on us',
      async () => {
        if (!isClosed && sent < 10_000_000 && socket.write(chunk)) sent += chunk.length;
        return isClosed;
      },
      10_000,
    );
    expect(sent, 'taken from one connection without a message').to.be.lessThan(10_000_000);
    expect(await answersWithin(house.sipPort, optionsMs, house.stack.pids().sip)).to.equal(true);
  });

  it("RTP: a stranger's packets are neither heard nor recorded", async () => {
    const { caller, agent, hangUp } = await talk();
    const stranger = await RtpPeer.create();
    for (const peer of [caller, agent]) {
      stranger.target(peer.packets[0]!.from.port).start(strangerHz);
      const heard = peer.audio().length;
      await until('half a second went by', () => peer.audio().length > heard + 25);
    }
    expect(agent.level(strangerHz), 'heard by the agent').to.be.lessThan(agent.level(callerHz) / 20);
    expect(caller.level(strangerHz), 'heard by the caller').to.be.lessThan(caller.level(agentHz) / 20);
    stranger.close();
    await hangUp();
    const [recording] = await house.recordings(1);
    const wav = readFileSync(join(house.stack.recordingsDir, recording!.file));
    expect(toneShare(wav, 0, callerHz)).to.be.greaterThan(0.5);
    for (const channel of [0, 1]) expect(toneShare(wav, channel, strangerHz)).to.be.lessThan(leakShare);
  });

  it('a full disk fails the recording with a reason, not the call, and the next is recorded again', async function () {
    if (!isMounted) {
      console.log('      skipped: a small disk can only be mounted by root');
      this.skip();
    }
    const filler = join(house.stack.recordingsDir, 'filler');
    fillUp(filler);
    const { caller, hangUp } = await talk();
    const failed = () =>
      house.rows<{ reason: string }>(
        "select data->>'reason' as reason from events where type = 'recording.failed'",
      );
    await until('the failure is in the log of events', async () => (await failed()).length === 1, 15_000);
    expect((await failed())[0]!.reason).to.match(/ENOSPC|no space|disk/i);
    const heard = caller.audio().length;
    await until('the call goes on', () => caller.audio().length > heard + 50);
    expect(await house.contactsIn('connected')).to.equal(1);
    await hangUp();
    await house.untilIdle();
    expect(await house.lastContact()).to.include({ outcome: 'answered', endedBy: 'customer' });
    const row = await house.rows("select state from recordings where state = 'failed'");
    expect(row).to.have.length(1);
    expect(house.stack.logs('media') + house.stack.logs('server')).to.match(
      /"level":[45]0.*(ENOSPC|no space)/i,
    );
    rmSync(filler);
    await crowd.leave();
    const before = (await house.recordings(0)).length;
    const next = await talk();
    await next.hangUp();
    await house.recordings(before + 1);
  });

  it('a broken site is refused whole, with the lines of its faults, and the one in force stays', async () => {
    const inForce = await house.stack.exportSite();
    const lines = callSite({ tied: 1 }).split('\n');
    const queueLine = lines.findIndex((line) => line.includes('id: main')) + 1;
    const numberLine = lines.findIndex((line) => line.includes("number: '701'")) + 1;
    const broken = lines
      .join('\n')
      .replace('maxWaitSec: 600', 'maxWaitSec: soon')
      .replace("{ number: '701', queue: main }", "{ number: '701', queue: nowhere }");
    const refusal = await house.stack.importSite(broken).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(refusal).to.contain(`"line":${queueLine}`).and.contain('maxWaitSec');
    expect(await house.stack.exportSite()).to.equal(inForce);
    const dangling = await house.stack
      .importSite(callSite({ tied: 1 }).replace("'701', queue: main", "'701', queue: nowhere"))
      .then(
        () => 'accepted',
        (error: Error) => error.message,
      );
    expect(dangling).to.contain(`"line":${numberLine}`).and.contain('nowhere');
    expect(await house.stack.exportSite()).to.equal(inForce);
    for (const text of ['', '\u0000', 'site: [', 'a: &a [*a]', `site: { name: ${'x'.repeat(6_000_000)} }`]) {
      const isTaken = await house.stack.importSite(text).then(
        () => true,
        () => false,
      );
      expect(isTaken, text.slice(0, 20)).to.equal(false);
    }
    expect(await house.stack.exportSite()).to.equal(inForce);
  });

  it('an unknown URL is 404 with a clear error, whatever the method', async () => {
    const { httpUrl } = house.stack;
    // A browser that asks for a page without an extension gets the console, which has pages of its own.
    for (const path of ['/nothing-here', '/nothing.php', '/ws/nothing', '/%2e%2e/etc/passwd'])
      for (const method of ['GET', 'POST', 'DELETE']) {
        const headers = { accept: 'application/json' };
        const answer = await fetch(`${httpUrl}${path}`, { method, headers });
        expect(answer.status, `${method} ${path}`).to.equal(404);
      }
    // Strangers are not even told what there is.
    expect((await fetch(`${httpUrl}/api/nothing-here`)).status).to.equal(401);
    const answer = await (await watchFloor(house.stack)).get('/api/nothing-here');
    expect(answer.status).to.equal(404);
    expect(((await answer.json()) as ErrorBody).error.code).to.equal('not-found');
    expect((await fetch(`${httpUrl}/healthz`)).status).to.equal(200);
  });
});

/** False where only root may. */
function mountSmallDisk(dir: string): boolean {
  const { uid, gid, mode } = statSync(dir);
  const settings = `size=${recordingsMiB}m,uid=${uid},gid=${gid},mode=${(mode & 0o777).toString(8)}`;
  return spawnSync('mount', ['-t', 'tmpfs', '-o', settings, 'tmpfs', dir]).status === 0;
}

/** Every last byte, so that not even the header of a file fits. */
function fillUp(file: string): void {
  spawnSync('dd', ['if=/dev/zero', `of=${file}`, 'bs=4096']);
  if (!existsSync(file)) writeFileSync(file, '');
}
