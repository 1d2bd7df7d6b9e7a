/**
 * What stands between strangers and the desk: blocked senders, and the quarantine of mails. Opened before any channel: while the
 * list of blocked senders cannot be read, nothing is taken.
 */
import { BlockList, doors, type Door } from '../app/text/block-list.ts';
import { Quarantine, type MailReadingPort } from '../app/text/quarantine.ts';
import { createBlockRepo } from '../db/repos/block-repo.ts';
import { createQuarantineRepo } from '../db/repos/quarantine-repo.ts';
import { quarantineReasons } from '../contract/rest-quarantine.ts';
import { textChannelIds, type TextChannel } from '../contract/rest.ts';
import type { Site } from '../contract/site.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { MetricsRegistry } from '../lib/metrics.ts';
import type { Stores } from './stores.ts';

export interface TextGuard {
  readonly blocks: BlockList;
  readonly quarantine: Quarantine;
  /** The mail channel, once it is open. */
  noteMail(mail: MailReadingPort): void;
  /** Rejects while the store is away. */
  start(): Promise<void>;
  stop(): void;
}

export function createTextGuard(parts: {
  stores: Pick<Stores, 'sequelize'>;
  clock: Clock;
  logger: Logger;
}): TextGuard {
  const { clock, logger } = parts;
  const { sequelize } = parts.stores;
  let mail: MailReadingPort | undefined;
  const blocks = new BlockList({ store: createBlockRepo(sequelize), clock, newId, logger });
  const quarantine = new Quarantine({
    store: createQuarantineRepo(sequelize),
    mail: () => mail,
    clock,
    logger,
  });
  return {
    blocks,
    quarantine,
    noteMail: (channel) => void (mail = channel),
    async start() {
      await blocks.start();
      quarantine.start();
    },
    stop() {
      blocks.stop();
      quarantine.stop();
    },
  };
}

/** Gathered at the time of a scrape; no figure names a sender. */
export function exposeGuard(metrics: MetricsRegistry, { blocks, quarantine }: TextGuard): void {
  const held = metrics.gauge('hearthline_quarantine_mails', 'Mails in quarantine, by reason');
  const blocked = metrics.gauge('hearthline_blocked_senders', 'Blocks in force');
  const refused = metrics.counter(
    'hearthline_blocked_total',
    'Messages of blocked senders, by door: refused, or kept in quarantine (mail)',
  );
  const told = new Map<Door, number>();
  metrics.onCollect(() => {
    for (const reason of quarantineReasons) held.set(quarantine.counts().get(reason) ?? 0, { reason });
    blocked.set(blocks.size);
    for (const door of doors) {
      const count = blocks.refused().get(door) ?? 0;
      refused.inc(count - (told.get(door) ?? 0), { door });
      told.set(door, count);
    }
  });
}

/** Those that the site switches on. */
export function textChannelsOf({ mail, widgets = [], forms = [], webhooks = [] }: Site): TextChannel[] {
  const isOn: Record<TextChannel, boolean> = {
    mail: mail !== undefined,
    chat: widgets.length > 0,
    form: forms.length > 0,
    webhook: webhooks.length > 0,
  };
  return textChannelIds.filter((id) => isOn[id]);
}
