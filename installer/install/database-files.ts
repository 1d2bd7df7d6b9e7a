/** The settings files of the two databases, written by us alone and anew with each release; changes by hand belong elsewhere. */
import { installedLayout, serviceUsers, type MachinePlaces } from '../house.ts';
import { walArchiveSettings } from '../ops/backup/wal-archive.ts';
import { postgresConfText, postgresHbaText, postgresIdentText } from '../postgres.ts';
import { redisConfText } from '../redis.ts';
import type { FileWish } from '../system-files.ts';

export function databaseFiles(places: MachinePlaces): FileWish[] {
  const layout = installedLayout();
  const { postgresConfFile, postgresHbaFile, postgresIdentFile, redisConfFile } = places;
  const place = { ...layout.postgres, hbaFile: postgresHbaFile, identFile: postgresIdentFile };
  return [
    { path: postgresConfFile, text: postgresConfText(place, walArchiveSettings({ layout })), mode: 0o644 },
    { path: postgresHbaFile, text: postgresHbaText(), mode: 0o644 },
    { path: postgresIdentFile, text: postgresIdentText(serviceUsers.server), mode: 0o644 },
    { path: redisConfFile, text: redisConfText(layout.redis), mode: 0o644 },
  ];
}
