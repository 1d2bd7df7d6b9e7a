/**
 * How long a backup, its proof and a restore take: `npm run bench -- backup`, with `--gigabytes 2` for more than one of
 * history. Generated history in a real Postgres, recordings of noise beside it. A few minutes for each gigabyte.
 */
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cloneHouse } from '../../installer/house.ts';
import { compressions } from '../../installer/ops/backup/base-backup.ts';
import { partBytes } from '../../installer/ops/backup/manifest.ts';
import { restoreHouse } from '../../installer/ops/backup/restore-house.ts';
import type { Steps } from '../../installer/ops/backup/steps.ts';
import { takeBackup } from '../../installer/ops/backup/take-backup.ts';
import { verifyBackup } from '../../installer/ops/backup/verify-backup.ts';
import { runSql } from '../../installer/postgres.ts';
import { figure, note } from '../support/figures.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';
import { makeTempDir, removeTempDir } from '../support/temp-dir.ts';

const args = process.argv.slice(2);
const at = args.indexOf('--gigabytes');
const gigabytes = at < 0 ? 1 : Number(args[at + 1]);
if (!(gigabytes > 0 && gigabytes <= 100)) {
  note('--gigabytes takes a number up to 100');
  process.exit(1);
}
/** An event with its part of the indexes, and the contact that every tenth begins. */
const bytesOfEvent = 560;
const recordings = Math.round(300 * gigabytes);
const recordingBytes = 1_000_000;

const temp = makeTempDir();
const [postgres, redis] = await Promise.all([startPostgres(), startRedis()]);
const sql = (text: string) => runSql(postgres.dir, text, { user: 'postgres', database: 'hearthline' });

async function makeHistory(): Promise<void> {
  const count = Math.round((gigabytes * 1e9) / bytesOfEvent);
  const step = 50_000;
  for (let from = 1; from <= count; from += step) {
    const to = Math.min(count, from + step - 1);
    await sql(
      `insert into events (seq, id, type, at, v, contact_id, queue_id, data)
       select n, 'e_' || md5(n::text), (array['contact.queued', 'contact.offered', 'contact.answered', 'contact.ended'])[1 + n % 4],
         now() - make_interval(secs => ${count} - n), 1, 'c_' || md5((n / 10)::text), 'queue-' || n % 50,
         jsonb_build_object('offerId', md5((n * 7)::text), 'agentId', 'a' || n % 400, 'waitMs', (random() * 60000)::int,
           'note', md5(random()::text), 'candidates', jsonb_build_array(n % 400, n % 399, n % 397))
       from generate_series(${from}, ${to}) n;
       insert into contacts (contact_id, first_seq, channel, queue_id, arrived_at, queued_at, wait_ms, talk_ms, outcome)
       select 'c_' || md5((n / 10)::text), n, 'voice', 'queue-' || n % 50, now(), now(), (random() * 60000)::int,
         (random() * 600000)::int, 'answered' from generate_series(${from}, ${to}) n where n % 10 = 0`,
    );
  }
  await sql(`update projector_checkpoint set seq = ${count} where name = 'history'`);
}

function tell(what: string, steps: Steps): void {
  for (const { name, sec, bytes } of steps.times) {
    figure(`${what}: ${name}`, sec, 's');
    if (bytes !== undefined && bytes > 1e6) figure(`${what}: ${name}, speed`, bytes / 1e6 / sec, 'MB/s');
  }
  figure(`${what}: in all`, steps.totalSec, 's');
}

try {
  const clone = cloneHouse({ HEARTHLINE_DATA: temp }, '/');
  const house = {
    ...clone,
    layout: {
      ...clone.layout,
      postgres: { dataDir: join(postgres.dir, '..', 'data'), socketDir: postgres.dir, runAs: undefined },
      redis: { ...clone.layout.redis, socket: redis.socket },
    },
  };
  await makeHistory();
  mkdirSync(house.layout.recordingsDir, { recursive: true });
  for (let n = 0; n < recordings; n += 1)
    writeFileSync(join(house.layout.recordingsDir, `${n}.wav`), randomBytes(recordingBytes));
  figure('database', Number(await sql(`select pg_database_size('hearthline')`)) / 1e6, 'MB');
  figure('recordings', (recordings * recordingBytes) / 1e6, 'MB');
  for (const compression of compressions) {
    const taken = await takeBackup(house, { compression });
    tell(`backup (${compression})`, taken.steps);
    figure(`backup (${compression}): size without recordings`, partBytes(taken.manifest) / 1e6, 'MB');
    const { checks, steps } = await verifyBackup(house, taken.dir);
    tell(`verify (${compression})`, steps);
    const faults = checks.flatMap((check) => check.faults);
    if (faults.length > 0) throw new Error(faults.join('\n'));
    const restored = await restoreHouse(house, {
      backup: taken.dir,
      into: join(temp, `restored-${compression}`),
    });
    tell(`restore (${compression})`, restored.steps);
  }
} finally {
  await Promise.all([postgres.stop(), redis.stop()]);
  removeTempDir(temp);
}
