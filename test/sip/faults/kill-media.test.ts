/** kill -9 of the media engine amid calls: those calls end with a reason, soon, and the next ones work. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { startBaresip, type Baresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { decodeWav } from '../../support/wav.ts';
import { toneShare } from '../../support/tone-share.ts';
import { Crowd } from './crowd.ts';
import { expectSoundLog } from './sound-log.ts';

const agentCount = 4;
const waitingCount = 3;
/** The bound, from the kill to the BYE at both phones. */
const endedMs = 5000;
/** Of the 1.5 s and more that were talked, at 8 kHz; what was not yet on the disk may be lost. */
const savedSamples = 4000;
const lostReason = /media/;

describe('kill -9 of the media engine', function () {
  this.timeout(60_000);
  let house: House;
  let crowd: Crowd;
  const phones: Baresip[] = [];

  before(async () => {
    house = await House.open({ tied: agentCount + 1, free: 0 });
    crowd = new Crowd(house);
  });
  after(async () => {
    await crowd?.leave();
    await Promise.all(phones.map((phone) => phone.stop()));
    await house?.close();
  });
  const phone = async (user: string, toneHz: number, isAutoAnswer = false) => {
    const { sipPort } = house;
    const one = await startBaresip({ user, password: `secret-${user}`, sipPort, toneHz, isAutoAnswer });
    phones.push(one);
    await one.untilRegistered();
    return one;
  };

  it('ends the calls of every side within 5 s, with a reason, and makes agents Ready again', async () => {
    const agent = await phone('1005', 440, true);
    await house.untilAgents('ready', 1);
    const caller = await phone('1009', 1000);
    await caller.dial('701');
    await house.untilContacts('connected', 1);
    await crowd.seat(1001, agentCount);
    await house.untilAgents('ready', agentCount);
    await crowd.call(agentCount);
    await house.untilContacts('connected', agentCount + 1);
    await crowd.call(waitingCount);
    await house.untilContacts('waiting', waitingCount);
    await house.talkFor(1500);
    const killedAt = performance.now();
    await house.stack.killProcess('media');
    await until(
      'everybody was hung up on',
      () =>
        crowd.callers.flatMap((run) => run.logged('bye')).length === agentCount + waitingCount &&
        crowd.agents.flatMap((run) => run.logged('bye')).length === agentCount &&
        [caller, agent].every((one) => one.count('CALL_CLOSED') === 1),
      endedMs * 2,
    );
    const elapsedMs = performance.now() - killedAt;
    console.log(`      everybody was hung up on ${Math.round(elapsedMs)} ms after the kill`);
    await expectSoundLog(house, agentCount + waitingCount + 1);
    for (const contact of await house.contacts()) {
      expect(contact).to.include({ endedBy: 'system' });
      expect(contact.reason).to.match(lostReason);
    }
    await house.untilAgents('ready', agentCount + 1);
    expect(elapsedMs).to.be.lessThan(endedMs);
  });

  it('takes new calls, and they are heard and recorded', async () => {
    await house.stack.waitReady();
    const caller = phones[1]!;
    const open = "select 1 from recordings where state = 'started'";
    await until('what was cut off is settled', async () => (await house.rows(open)).length === 0);
    const before = (await house.recordings(0)).map(({ file }) => file);
    // The longest idle agent may be any: all answer.
    await caller.dial('701');
    await house.untilContacts('connected', 1);
    await house.talkFor(1500);
    await caller.hangup();
    await house.untilIdle();
    const recordings = await house.recordings(before.length + 1);
    const { file } = recordings.find((one) => !before.includes(one.file))!;
    const wav = readFileSync(join(house.stack.recordingsDir, file));
    expect(toneShare(wav, 0, 1000), 'the caller on the left').to.be.greaterThan(0.5);
  });

  it('finishes or fails each interrupted recording, and repairs what it left half written', async () => {
    const open = "select recording_id from recordings where state = 'started'";
    await until('no recording is left open', async () => (await house.rows(open)).length === 0);
    const rows = await house.rows<{
      state: string;
      file: string | null;
      failure: string | null;
      bytes: number;
    }>('select state, file, failure, bytes::int as bytes from recordings order by first_seq');
    expect(rows).to.have.length(agentCount + 2);
    for (const { state, file, failure, bytes } of rows) {
      if (state === 'failed') {
        expect(failure).to.match(/\w/);
        continue;
      }
      const wav = readFileSync(join(house.stack.recordingsDir, file!));
      expect(wav.length).to.equal(bytes);
      expect(wav.readUInt32LE(4), 'length in the header').to.equal(wav.length - 8);
      expect(decodeWav(wav).channels).to.have.length(2);
    }
    const [withSound] = rows;
    expect(withSound!.state).to.equal('completed');
    const wav = readFileSync(join(house.stack.recordingsDir, withSound!.file!));
    expect(toneShare(wav, 0, 1000), 'the caller up to the crash').to.be.greaterThan(0.5);
    expect(decodeWav(wav).channels[0]!.length, 'samples saved').to.be.greaterThan(savedSamples);
  });
});
