/** The files of a support bundle, made from the house as it is now. What cannot be had is told in its place. */
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, uptime } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { parseSite } from '../../../server/config/site-file.ts';
import type { House } from '../../house.ts';
import { projectRoot } from '../../program.ts';
import { rowsOf } from '../backup/database-facts.ts';
import type { HouseFacts } from '../doctor/facts.ts';
import { unitStates } from '../doctor/gather-machine.ts';
import { gatherFacts } from '../doctor/gather.ts';
import { openHouseDatabase } from '../doctor/gather-stores.ts';
import { lineJson } from '../logs/log-line.ts';
import { linesOf, logSourcesOf } from '../logs/sources.ts';
import { askServer } from '../status/house-status.ts';
import { cleanLine } from './clean-line.ts';
import { cleanFindings, cleanMetrics, cleanSettings, cleanStatus } from './clean-parts.ts';
import { readCodeTexts } from './code-texts.ts';
import { siteShape } from './site-shape.ts';

export interface SupportPart {
  name: string;
  text: string;
}

const logLines = 2000;
const json = (value: unknown) => `${JSON.stringify(value, null, 2)}\n`;

const tablesSql = `select c.relname as name, greatest(c.reltuples, 0)::bigint as rows, pg_total_relation_size(c.oid) as bytes
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where n.nspname = 'public' and c.relkind in ('r', 'p') order by 3 desc`;

async function databaseParts(house: House): Promise<{ version: string; tables: object[] }> {
  const db = openHouseDatabase(house, 'hearthline-support');
  try {
    const [row] = await rowsOf<{ version: string }>(
      db,
      "select current_setting('server_version') as version",
    );
    const tables = await rowsOf<{ name: string; rows: string; bytes: string }>(db, tablesSql);
    return {
      version: row?.version ?? '',
      tables: tables.map(({ name, rows, bytes }) => ({ name, rows: Number(rows), bytes: Number(bytes) })),
    };
  } finally {
    await db.close();
  }
}

function systemFacts(): object {
  const file = '/etc/os-release';
  const system = existsSync(file) ? parseEnv(readFileSync(file, 'utf8')) : {};
  return {
    system: `${system['ID'] ?? 'unknown'} ${system['VERSION_ID'] ?? ''}`.trim(),
    kernel: release(),
    processors: cpus().length,
    memoryBytes: totalmem(),
    upForSec: Math.round(uptime()),
  };
}

function releaseFacts(): unknown {
  const file = join(projectRoot, 'release.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : { from: 'clone' };
}

/** Or why not, in words without what the fault carries along. */
async function orAway<T>(look: () => Promise<T>): Promise<T | { isAway: true }> {
  try {
    return await look();
  } catch {
    return { isAway: true };
  }
}

async function shapeOf(house: House): Promise<object> {
  const yaml = await askServer(house, '/site');
  if (yaml === undefined) return { isAway: true };
  const parsed = parseSite(yaml);
  return 'site' in parsed ? siteShape(parsed.site) : { isUnreadable: true };
}

export async function supportParts(house: House): Promise<SupportPart[]> {
  const facts: HouseFacts = await gatherFacts(house);
  const database = await orAway(() => databaseParts(house));
  const code = readCodeTexts();
  const logs = await Promise.all(
    logSourcesOf(house).map(async (source) => {
      const lines = await linesOf(house, source, { sources: [source], lines: logLines }).catch(() => []);
      const text = lines.map((line) => `${lineJson(cleanLine(line, code))}\n`).join('');
      return { name: `logs/${source}.log`, text: text === '' ? 'There are no lines.\n' : text };
    }),
  );
  const units = house.machine ? await orAway(() => unitStates(house.machine!)) : 'none: a clone';
  return [
    { name: 'status.json', text: json(cleanStatus(facts.status)) },
    { name: 'doctor.json', text: json(cleanFindings(facts)) },
    {
      name: 'versions.json',
      text: json({
        release: releaseFacts(),
        node: process.versions.node,
        postgres: 'isAway' in database ? 'away' : database.version,
        redis: facts.redis?.version ?? 'away',
        ...systemFacts(),
      }),
    },
    { name: 'settings.json', text: json(cleanSettings(house.kind, house.settings)) },
    { name: 'units.json', text: json(units) },
    { name: 'tables.json', text: json('isAway' in database ? database : database.tables) },
    { name: 'site-shape.json', text: json(await shapeOf(house)) },
    { name: 'metrics.txt', text: cleanMetrics(facts.metrics ?? '') },
    ...logs,
  ];
}
