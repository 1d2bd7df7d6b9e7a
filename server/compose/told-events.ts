/**
 * Takes what commands of this machine tell into the audit trail, from the admin socket and from the files that were left while
 * the server was away. A file goes when its entry is written, so a crash in between tells it twice and never not at all; one
 * that cannot be read is put aside under another name.
 */
import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { SettingsStore } from '../auth/ports.ts';
import type { AuditTrail } from '../audit/audit-trail.ts';
import { entryOf, toldEventSchema, toldEventsFolder, type ToldEvent } from '../audit/told-events.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';

export interface LastBackup {
  /** ms UTC */
  doneAt?: number;
  failedAt?: number;
  bytes?: number;
  /** Of the disk that backups go to, after the last one. */
  freeBytes?: number;
}

export interface ToldEventsParts {
  dataDir: string;
  audit: Pick<AuditTrail, 'append'>;
  settings: SettingsStore;
  clock: Clock;
  logger: Logger;
}

const everyMs = 30_000;
/** What a Postgres that stays away may cost. */
const maxFiles = 10_000;
const settingName = 'ops.last-backup';
const numberIn = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export class ToldEvents {
  readonly #parts: ToldEventsParts;
  readonly #folder: string;
  #lastBackup: LastBackup = {};
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;

  constructor(parts: ToldEventsParts) {
    this.#parts = parts;
    this.#folder = join(parts.dataDir, toldEventsFolder);
  }

  get lastBackup(): LastBackup {
    return this.#lastBackup;
  }

  start(): void {
    this.#timer = setInterval(() => void this.look(), everyMs).unref();
    void this.look();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async take(event: ToldEvent): Promise<void> {
    const { audit, clock } = this.#parts;
    await audit.append(entryOf(event, clock.now()));
    await this.#noteBackup(event);
  }

  /** Of the server itself: while Postgres is away it waits in a file, as what commands tell. */
  async tell(event: ToldEvent): Promise<void> {
    const at = this.#parts.clock.now();
    try {
      await this.take(event);
    } catch {
      await this.#leaveFile({ ...event, at }).catch((err: unknown) =>
        this.#parts.logger.error({ err, action: event.action }, 'an event of the house could not be kept'),
      );
    }
  }

  async #leaveFile(event: ToldEvent): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const waiting = await readdir(this.#folder);
    if (waiting.length >= maxFiles) throw new Error(`${maxFiles} events wait already`);
    const file = join(this.#folder, `${event.at}-${randomUUID().slice(0, 8)}`);
    await writeFile(`${file}.part`, JSON.stringify(event), { mode: 0o600 });
    await rename(`${file}.part`, `${file}.json`);
  }

  /** What was left while we were away. */
  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const known = await this.#parts.settings.get(settingName);
      if (typeof known === 'object' && known !== null) this.#lastBackup = { ...known };
      const names = await readdir(this.#folder).catch(() => []);
      for (const name of names.filter((one) => one.endsWith('.json')).sort()) await this.#takeFile(name);
    } catch (err) {
      // Postgres is away: the files stay for the next look.
      this.#parts.logger.warn({ err }, 'what commands told could not be taken into the audit trail yet');
    } finally {
      this.#isLooking = false;
    }
  }

  async #takeFile(name: string): Promise<void> {
    const file = join(this.#folder, name);
    const parsed = toldEventSchema.safeParse(await readJson(file));
    if (!parsed.success) {
      this.#parts.logger.error({ name }, 'what a command told cannot be read; the file is put aside');
      await rename(file, `${file}.bad`);
      return;
    }
    await this.take(parsed.data);
    await rm(file, { force: true });
  }

  async #noteBackup({ action, details, at }: ToldEvent): Promise<void> {
    if (action !== 'backup.done' && action !== 'backup.failed') return;
    const when = at ?? this.#parts.clock.now();
    const [bytes, freeBytes] = [numberIn(details?.['bytes']), numberIn(details?.['freeBytes'])];
    this.#lastBackup = {
      ...this.#lastBackup,
      ...(action === 'backup.done' ? { doneAt: when } : { failedAt: when }),
      ...(bytes !== undefined && { bytes }),
      ...(freeBytes !== undefined && { freeBytes }),
    };
    await this.#parts.settings.set(settingName, this.#lastBackup);
  }
}

async function readJson(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch {
    return undefined;
  }
}
