/** What the tests of the mail channel share: a real Postgres with the store of raw mails, a desk that stands in, a site. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { QueryTypes, type Sequelize } from 'sequelize';
import {
  createMailChannel,
  type MailChannel,
  type MailChannelParts,
} from '../../../server/channels/mail/mail-channel.ts';
import { MailReader } from '../../../server/channels/mail/mail-reader.ts';
import type { RawMailStore } from '../../../server/channels/mail/raw-mail.ts';
import { siteSchema, type Site } from '../../../server/contract/site.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createRawMailRepo } from '../../../server/db/repos/raw-mail-repo.ts';
import { createClock } from '../../../server/lib/clock.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { DeskStandIn } from '../../support/desk-stand-in.ts';
import { nobodyBlocked } from '../../support/nobody-blocked.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

export const logger = createLogger('test', 'silent');
export const tokenKey = Buffer.alloc(32, 7);

/** `mail` as in site.yaml. */
export function siteWith(mail: unknown): Site {
  return siteSchema.parse({
    site: { name: 'Bank', timeZone: 'Europe/Rome', language: 'it' },
    queues: ['main', 'cards', 'loans'].map((id) => ({ id, name: id })),
    ...(mail !== undefined && { mail }),
  });
}

export interface RawState {
  state: string;
  reason: string | null;
  mailbox_id: string;
}

export class MailHouse {
  readonly postgres: TestPostgres;
  readonly sequelize: Sequelize;
  readonly store: RawMailStore;
  readonly dataDir: string;
  desk = new DeskStandIn();
  private readonly channels: MailChannel[] = [];
  /** One thread for all tests of a file: to start one from the sources takes seconds on a busy machine. */
  private readonly reader = new MailReader();

  private constructor(postgres: TestPostgres, sequelize: Sequelize) {
    this.postgres = postgres;
    this.sequelize = sequelize;
    this.store = createRawMailRepo(sequelize);
    this.dataDir = makeTempDir();
    mkdirSync(join(this.dataDir, 'secrets'));
  }

  static async open(): Promise<MailHouse> {
    const postgres = await startPostgres();
    const { dir: socketDir, database, user } = postgres;
    const sequelize = connectDatabase({ socketDir, database, user, logger });
    await migrateUp(sequelize, logger);
    const house = new MailHouse(postgres, sequelize);
    await house.reader.read(Buffer.from('Subject: warm\r\n\r\n'));
    return house;
  }

  secret(name: string, content: string | Buffer, mode = 0o600): void {
    const file = join(this.dataDir, 'secrets', name);
    writeFileSync(file, content);
    chmodSync(file, mode);
  }

  /** With shorter pauses than the product's, and `parts` in place of ours. */
  channel(parts: Partial<MailChannelParts> = {}): MailChannel {
    const channel = createMailChannel({
      desk: this.desk,
      store: this.store,
      senders: nobodyBlocked,
      dataDir: this.dataDir,
      tokenKeys: [tokenKey],
      clock: createClock(),
      logger,
      reader: this.reader,
      ...parts,
      times: {
        ...parts.times,
        imap: { firstMs: 50, longestMs: 500, refusedMs: 60_000, pollMs: 60_000, ...parts.times?.imap },
        intake: { firstRetryMs: 20, pollMs: 500, ...parts.times?.intake },
      },
    });
    this.channels.push(channel);
    return channel;
  }

  rows(): Promise<RawState[]> {
    return this.sequelize.query<RawState>('select state, reason, mailbox_id from raw_mails order by seq', {
      type: QueryTypes.SELECT,
    });
  }

  /** Closes the channels and forgets what they kept. */
  async clear(): Promise<void> {
    await Promise.all(this.channels.splice(0).map((channel) => channel.close()));
    await this.sequelize.query('truncate raw_mails, raw_mail_contents, raw_mail_folders');
    this.desk = new DeskStandIn();
  }

  async close(): Promise<void> {
    await Promise.all(this.channels.splice(0).map((channel) => channel.close()));
    await this.reader.close();
    await this.sequelize.close();
    await this.postgres.stop();
    removeTempDir(this.dataDir);
  }
}
