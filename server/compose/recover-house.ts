/** What a former process left: the site in force, and the house as its snapshot and its log have it. */
import { readFile } from 'node:fs/promises';
import { createAcd } from '../acd/engine.ts';
import { isLiveSnapshot, LiveFigures, toStatsSite } from '../app/live-figures.ts';
import type { StoredSite } from '../app/ports.ts';
import { RecentCallers, type RecentCallersSnapshot } from '../app/recent-callers.ts';
import { BadEnvironment, type ServerConfig } from '../config/env.ts';
import { formatFault } from '../config/site-file.ts';
import { readSite } from '../config/site-reader.ts';
import type { HearthlineEvent } from '../contract/events.ts';
import type { Site } from '../contract/site.ts';
import type { Logger } from '../lib/log.ts';
import type { HouseState } from './snapshots.ts';
import type { Stores } from './stores.ts';

/** The site in force, else the seed of the first start. */
export async function firstSite(stores: Stores, config: ServerConfig, logger: Logger): Promise<StoredSite> {
  const latest = await stores.sites.latest();
  if (latest) return latest;
  const text = config.seedSite ? await readFile(config.seedSite, 'utf8') : 'site:\n  name: Hearthline\n';
  const read = await readSite(text);
  if ('faults' in read)
    throw new BadEnvironment(`HEARTHLINE_SEED_SITE: ${formatFault('site.yaml', read.faults[0]!)}`);
  const version = await stores.sites.save(read.yaml, read.site, 'first start');
  logger.info({ version }, 'first site imported');
  return { version, ...read };
}

export interface RecoveredHouse extends HouseState {
  /** The version of the site that routing knows; undefined before the first. */
  siteVersion: number | undefined;
}

interface Snapshot {
  acd?: unknown;
  live?: unknown;
  recent?: RecentCallersSnapshot;
  siteVersion?: number;
}

/** Folds the snapshot and the events after it, without acting on any. */
export async function recoverHouse(stores: Stores, site: Site, now: number): Promise<RecoveredHouse> {
  let house: RecoveredHouse | undefined;
  const begin = (data?: Snapshot, at = now): RecoveredHouse => ({
    acd: createAcd(data?.acd),
    live: new LiveFigures(toStatsSite(site), site.shifts, at, data?.live),
    recent: new RecentCallers(data?.recent),
    siteVersion: data?.siteVersion,
  });
  await stores.recover({
    onSnapshot: (data) => {
      if (!isLiveSnapshot((data as Snapshot).live)) return false;
      house = begin(data as Snapshot);
      return true;
    },
    onEvent: (event: HearthlineEvent) => {
      house ??= begin(undefined, event.at);
      house.acd.apply(event);
      house.live.apply(event);
      house.recent.apply(event);
      if (event.type === 'site.applied') house.siteVersion = event.data.version;
    },
  });
  return house ?? begin();
}
