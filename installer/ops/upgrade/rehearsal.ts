/**
 * An upgrade rehearsed by the release that is to come: on a copy of the house as it is now its migrations are carried out, the
 * live state is recovered as at a start, the last day of events is folded anew, and the figures that come of it are laid beside
 * those that the old release had counted. The house itself is only read.
 */
import { join } from 'node:path';
import { QueryTypes, type Sequelize } from 'sequelize';
import { createAcd } from '../../../server/acd/engine.ts';
import type { HistoryQuestion } from '../../../server/app/figures/ports.ts';
import { differencesOf } from '../../../server/app/figures/statements.ts';
import { LiveFigures, toStatsSite } from '../../../server/app/live-figures.ts';
import { siteSchema } from '../../../server/contract/site.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { FigureAnswers } from '../../../server/db/figure-answers.ts';
import { FigureProjector } from '../../../server/db/figure-projector.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createEventRepo } from '../../../server/db/repos/event-repo.ts';
import { createSnapshotRepo } from '../../../server/db/repos/snapshot-repo.ts';
import { createLogger } from '../../../server/lib/log.ts';
import type { Cell } from '../../../server/stats/figure-cells.ts';
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { postgresDatabase, postgresRole } from '../../postgres.ts';
import { restoreInto } from '../backup/restore-parts.ts';
import { makeScratchDir } from '../backup/scratch-dir.ts';
import { startScratch } from '../backup/scratch-postgres.ts';
import { takeBackup } from '../backup/take-backup.ts';

export interface Rehearsal {
  /** Where the house was kept as it was before: a backup like any other. */
  backupDir: string;
  migrations: string[];
  /** Events that the new release folded. */
  replayed: number;
  compared: number;
  differences: string[];
}

const dayMs = 86_400_000;
const slotMs = 900_000;
const batch = 2000;
const logger = createLogger('rehearsal', 'silent');

const byScope = (rows: readonly { scope: string; cell: Cell }[]): Record<string, Cell> =>
  Object.fromEntries(rows.map(({ scope, cell }) => [scope, cell]));

/** As at a start of the new release: its engine takes up the newest snapshot that it can read, and every event after it. */
async function recover(sequelize: Sequelize): Promise<number> {
  const events = createEventRepo(sequelize);
  const snapshots = (await createSnapshotRepo(sequelize).all()).sort((a, b) => b.seq - a.seq);
  const newest = snapshots[0];
  const body = newest === undefined ? undefined : (JSON.parse(newest.body) as { acd?: unknown });
  const acd = createAcd(body?.acd);
  let seq = newest?.seq ?? 0;
  let replayed = 0;
  for (;;) {
    const some = await events.read(seq + 1, batch);
    for (const event of some) acd.apply(event);
    replayed += some.length;
    if (some.length < batch) return replayed;
    seq = some.at(-1)!.seq;
  }
}

/** What the old release counted of the last day, beside what the new one counts of the same stays. */
async function compareDay(sequelize: Sequelize): Promise<{ compared: number; differences: string[] }> {
  const projector = new FigureProjector({ sequelize, logger });
  const answers = new FigureAnswers(sequelize, projector);
  while ((await answers.step()) > 0);
  // The quarter of an hour in hand is not over, but nothing more comes to the copy.
  const to = Math.ceil(Date.now() / slotMs) * slotMs;
  const question: HistoryQuestion = {
    from: to - dayMs,
    to,
    by: 'queue',
    interval: 'all',
    attribution: 'event',
    timeZone: 'UTC',
  };
  let compared = 0;
  const differences: string[] = [];
  for (const attribution of ['event', 'arrival'] as const) {
    const asked = { ...question, attribution };
    const rolled = byScope((await answers.report({ question: asked, starts: [], asOf: to })).rows);
    const recounted = byScope(await answers.recount(asked));
    const found = differencesOf(rolled, rolled, recounted, attribution);
    compared += found.compared;
    for (const { scope, count, report, recount } of found.differences)
      differences.push(`${scope} ${count} by ${attribution}: ${report} before, ${recount} now`);
  }
  return { compared, differences };
}

/** The events of the last day through the folds of the new release, which must take every one. */
async function foldDay(sequelize: Sequelize): Promise<number> {
  const [first] = await sequelize.query<{ seq: string | null }>(
    'select min(seq) as seq from events where at >= to_timestamp($1::bigint / 1000.0)',
    { bind: [Date.now() - dayMs], type: QueryTypes.SELECT },
  );
  if (first?.seq == null) return 0;
  const events = createEventRepo(sequelize);
  const site = siteSchema.parse({ site: { name: 'Rehearsal' } });
  let live: LiveFigures | undefined;
  let seq = Number(first.seq);
  let count = 0;
  for (;;) {
    const some = await events.read(seq, batch);
    for (const event of some) {
      live ??= new LiveFigures(toStatsSite(site), site.shifts, event.at);
      live.apply(event);
    }
    count += some.length;
    if (some.length < batch) return count;
    seq = some.at(-1)!.seq + 1;
  }
}

async function onCopy(socketDir: string, say: (text: string) => void): Promise<Omit<Rehearsal, 'backupDir'>> {
  const sequelize = connectDatabase({
    socketDir,
    database: postgresDatabase,
    user: postgresRole,
    logger,
    applicationName: 'hearthline-rehearsal',
  });
  try {
    const migrations = await migrateUp(sequelize, logger);
    say(`  Schema: ${migrations.length === 0 ? 'nothing to migrate' : migrations.join(', ')}`);
    const replayed = (await recover(sequelize)) + (await foldDay(sequelize));
    say(`  Events folded by the new version: ${replayed}`);
    const { compared, differences } = await compareDay(sequelize);
    say(`  Figures of the last day: ${compared} compared, ${differences.length} differ`);
    return { migrations, replayed, compared, differences };
  } finally {
    await sequelize.close();
  }
}

/** Throws CliError where the new release would not do. */
export async function rehearse(house: House, say: (text: string) => void): Promise<Rehearsal> {
  const backup = await takeBackup(house);
  say(`  Backup: ${backup.dir}`);
  const scratch = makeScratchDir(house, backup.manifest.databaseBytes * 2);
  try {
    await restoreInto(join(scratch.dir, 'copy'), backup.dir, { hasFiles: false });
    const postgres = await startScratch(join(scratch.dir, 'copy'));
    try {
      const found = await onCopy(postgres.socketDir, say);
      if (found.differences.length > 0)
        throw new CliError(
          `The new version counts otherwise than the old one:\n${found.differences.slice(0, 20).join('\n')}`,
        );
      return { ...found, backupDir: backup.dir };
    } finally {
      await postgres.stop();
    }
  } finally {
    scratch.remove();
  }
}
