/** What the commands refuse, and what doctor and status say, where a store is the bank's own. */
import { expect } from 'chai';
import { bankStores } from '../../../../installer/bank-stores.ts';
import type { House } from '../../../../installer/house.ts';
import { installedLayout, machinePlaces } from '../../../../installer/house.ts';
import { backupCommand } from '../../../../installer/ops/backup.ts';
import { refuseWithBankStores } from '../../../../installer/ops/backup/bank-backup.ts';
import { processNamesOf } from '../../../../installer/ops/status/processes.ts';
import { upgradeCommand } from '../../../../installer/ops/upgrade.ts';
import { readSettings } from '../../../../installer/settings.ts';

const postgres = {
  HEARTHLINE_POSTGRES_URL: 'postgres://hearthline@db.bank.example/hearthline',
  HEARTHLINE_POSTGRES_PASSWORD_FILE: '/etc/hearthline/credentials/postgres-password',
};
const redis = { HEARTHLINE_REDIS_URL: 'rediss://hearthline@[2001:db8::7]:6380/0' };

const houseWith = (env: Record<string, string>): House => ({
  kind: 'installed',
  layout: installedLayout('/'),
  settings: readSettings(env, '/'),
  backupsDir: '/nowhere/backups',
  machine: machinePlaces('/nowhere'),
});
const io = { out: () => undefined, error: () => undefined };
const messageOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    return (error as Error).message;
  }
  return '';
};

describe("a house with the bank's own stores", () => {
  it('names them by host and port', () => {
    expect(bankStores(readSettings({}, '/'))).to.deep.equal([]);
    expect(bankStores(readSettings({ ...postgres, ...redis }, '/')).map(({ at }) => at)).to.deep.equal([
      'db.bank.example:5432',
      '[2001:db8::7]:6380',
    ]);
  });

  it('has no process of theirs', () => {
    expect(processNamesOf(houseWith(postgres))).to.deep.equal(['redis', 'sip', 'media', 'server']);
    expect(processNamesOf(houseWith(redis))).to.deep.equal(['postgres', 'sip', 'media', 'server']);
  });

  it('takes no backup of one half, and names what else has to be kept', () => {
    expect(() => refuseWithBankStores(houseWith({}), 'backup')).not.to.throw();
    const said = messageOf(() => refuseWithBankStores(houseWith(postgres), 'backup'));
    expect(said).to.match(
      /Postgres \(db\.bank\.example:5432\) is the bank's own, so it is backed up by the bank's/,
    );
    const house = houseWith(postgres);
    for (const path of [
      house.layout.recordingsDir,
      house.layout.secretsDir,
      house.machine!.settingsFile,
      house.layout.redis.dataDir,
    ])
      expect(said).to.include(path);
    expect(messageOf(() => refuseWithBankStores(houseWith(redis), 'restore'))).to.match(
      /Redis \(\[2001:db8::7\]:6380\) is the bank's own, so it is restored by the bank's own means, while Hearthline is stopped/,
    );
  });

  it('still lists the backups from before', async () => {
    if (process.getuid?.() !== 0) return;
    expect(await backupCommand(['list'], houseWith(postgres), io)).to.equal(0);
  });

  it('is upgraded without a rehearsal only', async () => {
    for (const args of [['/nowhere/x.bundle'], ['/nowhere/x.bundle', '--rehearse-only']]) {
      const error: unknown = await upgradeCommand(args, houseWith(postgres), io).catch((e: unknown) => e);
      expect((error as Error).message).to.match(/cannot be rehearsed here.*--skip-rehearsal/s);
    }
    const error: unknown = await upgradeCommand(
      ['/nowhere/x.bundle', '--skip-rehearsal'],
      houseWith(postgres),
      io,
    ).catch((e: unknown) => e);
    expect((error as Error).message).to.match(/key of the bundle/);
  });
});
