import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { DeskView } from '../../../../server/contract/desk.ts';
import { CliError } from '../../../../installer/admin-socket.ts';
import { maintenanceCommand, untilOf } from '../../../../installer/ops/maintenance.ts';
import { startBaresip } from '../../../support/baresip.ts';
import { floorAdmin, type FloorWatch, watchFloor } from '../../../support/floor-watch.ts';
import { House } from '../../../support/house.ts';
import { houseIn } from '../../../support/ops.ts';
import { until } from '../../../support/until.ts';
import { webAgent, type WebAgent, WebClient } from '../../../support/web-client.ts';

describe('hearthline maintenance', function () {
  this.timeout(120_000);
  let house: House;
  let screen: FloorWatch;
  let agent: WebAgent;
  let said = '';
  const told = async () => (await screen.floorWithin(10_000)).board.maintenanceUntil;
  const toldAtDesk = async () => (await agent.client.must<DeskView>('GET', '/api/desk')).maintenanceUntil;
  const io = { out: (text: string) => void (said = text), error: () => undefined };
  const run = (...args: string[]) => maintenanceCommand(args, houseIn(house.stack.dataDir), io);
  const refusal = (...args: string[]) =>
    run(...args).then(
      () => 'not refused',
      (error: unknown) => (error instanceof CliError ? error.message : String(error)),
    );
  const inAnHour = () => new Date(Date.now() + 3_600_000).toISOString().replace(/\.\d+/, '');
  const audited = () =>
    house.rows<{ action: string; actor: string }>(
      "select action, actor from audit where action like 'maintenance.%' order by seq",
    );

  before(async () => {
    house = await House.open({ tied: 0, free: 1 });
    screen = await watchFloor(house.stack);
    const admin = new WebClient(house.stack.httpUrl);
    await admin.must('POST', '/api/session', floorAdmin);
    agent = await webAgent(admin, '101');
  });
  after(() => house.close());

  /** How long a caller of a number without a greeting is spoken to before the queue. */
  async function spokenMs(): Promise<number> {
    const { sipPort } = house;
    const caller = await startBaresip({ user: '1009', password: 'secret-1009', sipPort });
    try {
      await caller.untilRegistered();
      const newest = async () =>
        Number(
          (await house.rows<{ seq: string }>('select coalesce(max(seq), 0) as seq from events'))[0]!.seq,
        );
      const from = await newest();
      await caller.dial('701');
      let took = 0;
      await until('the call waits in the queue', async () => {
        const [queued] = await house.rows<{ ms: string }>(
          `select round(extract(epoch from q.at - (select min(at) from events e where e.contact_id = q.contact_id)) * 1000) as ms
           from events q where q.type = 'contact.queued' and q.seq > ${from}`,
        );
        took = Number(queued?.ms ?? 0);
        return queued !== undefined;
      });
      await caller.hangup();
      return took;
    } finally {
      await caller.stop();
    }
  }

  it('lets callers hear it before the queue, through a crash of the server, until it is taken back', async () => {
    expect(await spokenMs(), 'before').to.be.lessThan(1500);
    expect(await run('on', '--until', inAnHour())).to.equal(0);
    expect(said).to.match(/^Maintenance is announced to callers until \d\d:\d\d \(/);
    expect(await spokenMs(), 'announced').to.be.greaterThan(2500);
    await house.stack.killProcess('server');
    await house.stack.waitReady();
    await screen.signIn();
    await until('it is announced again', async () => {
      await run('show').catch(() => undefined);
      return said.startsWith('Maintenance is announced');
    });
    const announced = await told();
    expect(announced, 'on screens').to.be.within(Date.now() + 3_000_000, Date.now() + 3_600_000);
    expect(await toldAtDesk(), 'at the desk').to.equal(announced);
    expect(await run('off')).to.equal(0);
    expect(said).to.equal('No maintenance is announced.');
    expect(await told(), 'on screens, after').to.equal(undefined);
    expect(await toldAtDesk(), 'at the desk, after').to.equal(undefined);
    expect(await spokenMs(), 'after').to.be.lessThan(1500);
    expect(await audited()).to.deep.equal([
      { action: 'maintenance.announced', actor: 'local' },
      { action: 'maintenance.ended', actor: 'local' },
    ]);
  });

  it('says it in words of ones own, and ends by itself', async () => {
    const file = join(house.stack.dataDir, 'words.txt');
    writeFileSync(file, 'We move house.\n');
    const soon = new Date(Math.ceil((Date.now() + 8000) / 1000) * 1000).toISOString().replace(/\.\d+/, '');
    expect(await run('on', '--until', soon, '--message', file)).to.equal(0);
    expect(said).to.match(/: "We move house\."\.$/);
    await until('it has ended', async () => {
      await run('show');
      return said === 'No maintenance is announced.';
    });
    await until('the trail has it', async () => (await audited()).length === 4);
    expect((await audited()).at(-1)).to.deep.equal({ action: 'maintenance.ended', actor: 'system' });
  });

  it('refuses what cannot be', async () => {
    expect(await refusal('on')).to.match(/--until is missing/);
    expect(await refusal('on', '--until', '25:00')).to.match(/a time such as 23:30/);
    expect(await refusal('on', '--until', '2020-01-01T00:00:00Z')).to.match(/is over already/);
    expect(await refusal('on', '--until', '2099-01-01T00:00:00Z')).to.match(/31 days at most/);
    expect(await refusal('on', '--until', inAnHour(), '--text', ' ')).to.match(/empty/);
    expect(await refusal('off', '--text', 'x')).to.match(/Usage/);
    expect(await refusal('pause')).to.match(/Usage/);
  });

  it('takes a time of day in the zone of the site, across a change of the hour', () => {
    const at = (text: string, now: string) =>
      new Date(untilOf(text, 'Europe/Rome', Date.parse(now))).toISOString();
    expect(at('23:30', '2026-11-22T21:00:00Z')).to.equal('2026-11-22T22:30:00.000Z');
    expect(at('06:00', '2026-11-22T21:00:00Z')).to.equal('2026-11-23T05:00:00.000Z');
    expect(at('06:00', '2026-10-24T20:00:00Z')).to.equal('2026-10-25T05:00:00.000Z');
  });
});
