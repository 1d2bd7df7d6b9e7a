/**
 * What the use cases need of the outside, and no more. main.ts joins these to Redis, the database, the
 * prompt files and telephony; tests join them to what they like.
 */
import type { EventDraft, HearthlineEvent } from '../contract/events.ts';
import type { SiteFileFault } from '../config/site-file.ts';
import type { Language, Site } from '../contract/site.ts';

/** Appends to the one ordered log: synchronous, so that an event is on its way before its effect is. */
export interface EventLogPort {
  append(drafts: EventDraft[]): HearthlineEvent[];
  lastSeq(): number;
}

export interface ClockPort {
  /** ms UTC, never going back. */
  now(): number;
}

/** Where spoken prompts are: absolute paths of WAV files. */
export interface PromptPort {
  file(promptId: string, language: Language): string;
  /** Renders what the site itself says; resolves when every file is there, rejects naming the prompt. */
  prepare(site: Site): Promise<void>;
}

export interface StoredSite {
  version: number;
  yaml: string;
  site: Site;
}
/** Reads a site file off the main thread: every fault of it, or the site with its secrets hashed and its text. */
export type ReadSitePort = (
  yaml: string,
) => Promise<{ faults: SiteFileFault[] } | { site: Site; yaml: string }>;

export interface SiteStorePort {
  latest(): Promise<StoredSite | undefined>;
  /** Returns the new version. */
  save(yaml: string, site: Site, by: string): Promise<number>;
}

export interface LoggerPort {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
