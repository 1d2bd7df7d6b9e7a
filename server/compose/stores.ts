/**
 * Everything that keeps something, opened in the order in which it can be needed. Redis must be there, since the log
 * is; Postgres may come later: history waits for it, calls do not.
 */
import type { Sequelize } from 'sequelize';
import type { RecordingRepo } from '../db/repos/recording-repo.ts';
import { createRecordingRepo } from '../db/repos/recording-repo.ts';
import { createContactRepo, type ContactRepo } from '../db/repos/contact-repo.ts';
import { createDecisionRepo, type DecisionRepo } from '../db/repos/decision-repo.ts';
import { createFairnessReader, type FairnessReader } from '../db/fairness-reader.ts';
import { createFigures, type Figures } from '../db/figures-thread.ts';
import { createEventRepo } from '../db/repos/event-repo.ts';
import { createSettingsRepo, type SettingsRepo } from '../db/repos/settings-repo.ts';
import { createSiteRepo } from '../db/repos/site-repo.ts';
import { createSnapshotRepo } from '../db/repos/snapshot-repo.ts';
import { connectDatabase } from '../db/connect.ts';
import { migrateUp } from '../db/migrate.ts';
import { DatabaseProbe } from '../db/probe.ts';
import { startProjector, type Projector } from '../db/projector.ts';
import type { SiteStorePort, StoredSite } from '../app/ports.ts';
import type { ServerConfig } from '../config/env.ts';
import type { HearthlineEvent } from '../contract/events.ts';
import { siteSchema, type Site } from '../contract/site.ts';
import type { Logger } from '../lib/log.ts';
import { storeFault } from '../lib/store-fault.ts';
import { closeClient, createRedisClient, type RedisClient } from '../redis/client.ts';
import { openEventLog, type EventLog } from '../redis/event-log.ts';
import { openLegStore, type RedisLegStore } from '../redis/leg-store.ts';
import { recover } from '../redis/recovery.ts';
import { createSnapshotStore, type SnapshotStore } from '../redis/snapshots.ts';
import type { StartingDoor } from './starting-door.ts';

export interface Stores {
  log: EventLog;
  legs: RedisLegStore;
  snapshots: SnapshotStore;
  sequelize: Sequelize;
  sites: SiteStorePort;
  settings: SettingsRepo;
  contacts: ContactRepo;
  decisions: DecisionRepo;
  fairness: FairnessReader;
  figures: Figures;
  recordings: RecordingRepo;
  redisCommands: { sendCommand(args: string[]): Promise<unknown> };
  isRedisUp(): boolean;
  isDatabaseUp(): boolean;
  /** Why it is away, in words; undefined while it is there, or nothing is known. */
  redisFault(): string | undefined;
  databaseFault(): string | undefined;
  /** Undefined until Postgres has been reached for the first time. */
  projector(): Projector | undefined;
  recover(take: {
    onSnapshot: (data: unknown) => boolean;
    onEvent: (event: HearthlineEvent) => void;
  }): Promise<void>;
  close(): Promise<void>;
}

const databaseWaitMs = 15_000;
const databaseRetryMs = 500;
const siteCopyKey = 'hl:site';

export async function openStores(
  config: ServerConfig,
  options: { logger: Logger; instanceId: string; onFenced: () => void; door: StartingDoor },
): Promise<Stores> {
  const { logger, instanceId, onFenced, door } = options;
  let redisFault: string | undefined;
  const client = createRedisClient({
    ...config.redis,
    name: 'hearthline',
    logger,
    onFault: (why) => (redisFault = why),
  });
  await door.during('redis', () => redisFault, client.connect());
  const sequelize = connectDatabase({ ...config.postgres, logger });
  const events = createEventRepo(sequelize);
  const mirror = createSnapshotRepo(sequelize);
  const fairness = createFairnessReader(config.postgres);
  const figures = createFigures(config.postgres, logger);
  const snapshots = createSnapshotStore({ client, logger, mirror });
  const reaching = new DatabaseReach(sequelize, logger);
  const isDatabaseUp = await door.during('postgres', () => reaching.fault, reaching.within(databaseWaitMs));
  // Without Postgres nothing is known to be in history: all that Redis holds stays in memory against an emptied Redis.
  const minSeq = isDatabaseUp ? await events.lastSeq() : 0;
  const log = await openEventLog({ client, minSeq, logger, instanceId, onFenced });
  const legs = openLegStore({ client: log.connection, logger });

  const probe = new DatabaseProbe(sequelize);
  let projector: Projector | undefined;
  const startHistory = () => {
    projector = startProjector({
      redis: config.redis,
      sequelize,
      logger,
      onProjected: (seq) => {
        log.setProjected(seq);
        figures.more();
      },
    });
  };
  let isClosing = false;
  if (isDatabaseUp) startHistory();
  else
    void reaching
      .within(Infinity, () => isClosing)
      .then((isUp) => {
        if (isUp) startHistory();
      });

  return {
    log,
    legs,
    snapshots,
    sequelize,
    sites: siteStore(client, sequelize, logger),
    settings: createSettingsRepo(sequelize),
    contacts: createContactRepo(sequelize),
    decisions: createDecisionRepo(sequelize),
    fairness,
    figures,
    recordings: createRecordingRepo(sequelize),
    redisCommands: { sendCommand: (args) => client.sendCommand(args) },
    isRedisUp: () => client.isReady,
    isDatabaseUp: () => probe.isUp,
    redisFault: () => redisFault,
    databaseFault: () => probe.fault,
    projector: () => projector,
    async recover({ onSnapshot, onEvent }) {
      await recover({
        log,
        snapshots,
        history: events,
        logger,
        onSnapshot: (snapshot) => onSnapshot(snapshot.data),
        onEvent,
      });
    },
    async close() {
      isClosing = true;
      probe.stop();
      await log.flush().catch((err: unknown) => logger.warn({ err }, 'the log could not be flushed'));
      await projector?.stop();
      await fairness.close();
      await figures.close();
      await legs.close();
      await log.close();
      await closeClient(client);
      await sequelize.close();
    },
  };
}

/** Connects and migrates, however often it takes. */
class DatabaseReach {
  readonly #sequelize: Sequelize;
  readonly #logger: Logger;
  #fault: string | undefined;

  constructor(sequelize: Sequelize, logger: Logger) {
    this.#sequelize = sequelize;
    this.#logger = logger;
  }

  /** Why the last try failed, in words. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** False when it took longer than `waitMs`. */
  async within(waitMs: number, isGivenUp: () => boolean = () => false): Promise<boolean> {
    const until = Date.now() + waitMs;
    for (;;) {
      try {
        await migrateUp(this.#sequelize, this.#logger);
        this.#fault = undefined;
        return true;
      } catch (err) {
        if (isGivenUp()) return false;
        this.#tell(err);
        if (Date.now() >= until) return false;
      }
      await new Promise((resolve) => void setTimeout(resolve, databaseRetryMs));
    }
  }

  /** A line for each reason, not for each try. */
  #tell(err: unknown): void {
    const { why, isRefusal } = storeFault(err);
    if (why === this.#fault) return;
    this.#fault = why;
    if (isRefusal) this.#logger.error({ err, why }, 'Postgres does not let us in');
    else this.#logger.warn({ err, why }, 'waiting for Postgres');
  }
}

/** The site versions of the database, with a copy of the newest in Redis for a start without Postgres. */
function siteStore(client: RedisClient, sequelize: Sequelize, logger: Logger): SiteStorePort {
  const repo = createSiteRepo<Site>(sequelize);
  const key = siteCopyKey;
  const keepCopy = (stored: StoredSite) =>
    client
      .set(key, JSON.stringify(stored))
      .catch((err: unknown) => logger.warn({ err }, 'no copy of the site could be kept'));
  return {
    async latest() {
      try {
        const record = await repo.latest();
        if (!record) return undefined;
        // Stored by an older release, it lacks what has come since: the schema fills it in.
        const site = siteSchema.parse(record.model);
        const stored = { version: record.version, yaml: record.yaml, site };
        await keepCopy(stored);
        return stored;
      } catch (err) {
        const copy = await client.get(key);
        if (!copy) throw err;
        logger.warn({ err }, 'Postgres is away: the copy of the site is used');
        const stored = JSON.parse(copy) as StoredSite;
        return { ...stored, site: siteSchema.parse(stored.site) };
      }
    },
    async save(yaml, site, by) {
      const version = await repo.save(yaml, site, by);
      await keepCopy({ version, yaml, site });
      return version;
    },
  };
}
