import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../../installer/admin-socket.ts';
import { retentionCommand } from '../../../../installer/ops/retention.ts';
import { callSite, House } from '../../../support/house.ts';
import { houseIn } from '../../../support/ops.ts';

describe('hearthline retention', function () {
  this.timeout(90_000);
  let house: House;
  let said: string[] = [];
  const io = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const run = async (...args: string[]) => {
    said = [];
    return retentionCommand(args, houseIn(house.stack.dataDir), io);
  };

  before(async () => {
    house = await House.open({ tied: 1 });
  });
  after(() => house.close());

  it('says that nothing is forgotten where the site says nothing', async () => {
    expect(await run('show')).to.equal(0);
    expect(said.join('\n'))
      .to.match(/Recordings +kept for ever/)
      .and.match(/Old enough now: 0 conversations/);
  });

  it('forgets now what is old by the rules of the site, and says so before and after', async () => {
    await house.stack.importSite(`${callSite({ tied: 1 })}retention: { recordingDays: 30 }\n`);
    const file = '2020-01-01/old.wav';
    mkdirSync(join(house.stack.recordingsDir, '2020-01-01'));
    writeFileSync(join(house.stack.recordingsDir, file), 'RIFF');
    await house.rows(
      `insert into recordings (recording_id, first_seq, file, state, started_at, ended_at)
       values ('r1', 1, '${file}', 'completed', '2020-01-01', '2020-01-01') returning recording_id`,
    );
    expect(await run('run', '--dry-run')).to.equal(0);
    expect(said.join()).to.match(/Would be forgotten: .* 1 recordings. Nothing was/);
    expect(existsSync(join(house.stack.recordingsDir, file))).to.equal(true);
    expect(await run('run')).to.equal(0);
    expect(said.join()).to.match(/Forgotten: .* 1 recordings/);
    expect(existsSync(join(house.stack.recordingsDir, file))).to.equal(false);
    expect(await house.rows('select recording_id from recordings')).to.deep.equal([]);
    const [entry] = await house.rows<{ actor: string }>(
      "select actor from audit where action = 'retention.applied'",
    );
    expect(entry).to.deep.equal({ actor: 'local' });
  });

  it('refuses what it does not know', async () => {
    for (const args of [[], ['forget'], ['show', '--dry-run']])
      expect(await run(...args).catch((error: unknown) => error)).to.be.instanceOf(CliError);
  });
});
