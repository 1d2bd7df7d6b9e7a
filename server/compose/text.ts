/**
 * The text side of the house, joined: store, desk, channels, the door for customers, and what the agents' pages ask. It is
 * opened last: first calls are safe, then history has caught up with the log, then what was kept before the start is
 * brought into routing, and only then anything new is taken.
 */
import { join } from 'node:path';
import type { CallControl } from '../../sip/port.ts';
import type { DeskPort } from '../api/desk/port.ts';
import type { AcdShell } from '../app/acd-shell.ts';
import type { ActiveSite } from '../app/active-site.ts';
import { callbackDesk } from '../app/callback/callback-desk.ts';
import type { Callbacks } from '../app/callback/callbacks.ts';
import type { Customers } from '../app/customers/customers.ts';
import type { LiveFigures } from '../app/live-figures.ts';
import type { Maintenance } from '../app/maintenance.ts';
import { AgentDesk } from '../app/text/agent-desk.ts';
import type { SenderCheck } from '../app/text/block-list.ts';
import type { Channel, ChannelHealth } from '../app/text/channel.ts';
import { DeskNews } from '../app/text/desk-news.ts';
import { DeskPresence } from '../app/text/desk-presence.ts';
import { colleaguesOf } from '../app/text/desk-view.ts';
import { Forgetting } from '../app/text/forgetting.ts';
import { Outbox } from '../app/text/outbox.ts';
import { TextDesk } from '../app/text/text-desk.ts';
import { turnAwayWith } from '../app/text/turn-away.ts';
import { ChatChannel } from '../channels/chat/chat-channel.ts';
import { chatDesk } from '../channels/chat/chat-desk.ts';
import { createFileCheck } from '../channels/file-check.ts';
import { createMailChannel, type MailChannel } from '../channels/mail/mail-channel.ts';
import { mailChannelId } from '../channels/mail/mail-incoming.ts';
import { createSecretFiles } from '../lib/secret-files.ts';
import { UploadRoom } from '../channels/upload-room.ts';
import { WebhookChannel } from '../channels/webhook/webhook-channel.ts';
import type { ServerConfig } from '../config/env.ts';
import { createChatRepo } from '../db/repos/chat-repo.ts';
import { createFileRepo } from '../db/repos/file-repo.ts';
import { createRawMailRepo } from '../db/repos/raw-mail-repo.ts';
import { createTextRepo } from '../db/repos/text-repo.ts';
import { briefly } from '../lib/briefly.ts';
import type { Clock } from '../lib/clock.ts';
import { newId } from '../lib/ids.ts';
import type { Logger } from '../lib/log.ts';
import type { TlsListeners } from '../lib/tls-listeners.ts';
import { createDeskPort } from './desk-port.ts';
import { followChats } from './follow-chats.ts';
import { publicDoor } from './public-door.ts';
import { replyKeys } from './reply-keys.ts';
import type { Stores } from './stores.ts';
import { createTextGuard, type TextGuard } from './text-guard.ts';

export interface TextSide {
  desk: DeskPort;
  guard: TextGuard;
  /** Another site is in force. */
  siteChanged(): void;
  /** Brings in what was kept, then opens. Never rejects; it waits for Postgres as long as that takes. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** A mail of the house itself; `off`: no mailbox sends. */
  sendNotice: MailChannel['sendNotice'];
  /** Of the channels, and of the port for customers. */
  health(): Record<string, ChannelHealth>;
}

export interface TextSideParts {
  stores: Stores;
  shell: AcdShell;
  site: ActiveSite;
  live: LiveFigures;
  calls: CallControl;
  callbacks: Callbacks;
  customers: Customers;
  maintenance: Pick<Maintenance, 'state'>;
  clock: Clock;
  logger: Logger;
  config: ServerConfig;
  tls: TlsListeners | undefined;
  uiDir: string;
}

const historyLookMs = 100;
/** Of bodies of strangers that are being read, all told. */
const uploadBytesAtMost = 150_000_000;

export function createTextSide(parts: TextSideParts): TextSide {
  const { stores, shell, site, clock, logger } = parts;
  const store = createTextRepo(stores.sequelize, newId);
  const files = createFileRepo(stores.sequelize, newId);
  const news = new DeskNews();
  const fileCheck = createFileCheck(() => site.site);
  const { callbacks } = parts;
  const desk = new TextDesk({ shell, site, store, files, fileCheck, callbacks, news, clock, logger });
  const chat = new ChatChannel({
    desk: chatDesk({ desk, shell, now: () => clock.now() }),
    store: createChatRepo(stores.sequelize),
    site: () => site.site,
    isOpen: (hoursId, at) => site.isOpen(hoursId, at),
    agentName: (agentId) => site.agent(agentId)?.name,
    now: () => clock.now(),
    newId,
    logger,
  });
  const guard = createTextGuard({ stores, clock, logger });
  const senders = guard.blocks;
  const room = new UploadRoom(uploadBytesAtMost);
  const secrets = createSecretFiles(join(parts.config.dataDir, 'secrets'));
  const webhooks = new WebhookChannel({
    desk,
    senders,
    site: () => site.site,
    secret: (name) => secrets.text(name),
    room,
    now: () => clock.now(),
    logger,
  });
  const channels = new Map<string, Channel>([
    [chat.id, chat],
    [webhooks.id, webhooks],
  ]);
  const outbox = new Outbox({ store, channels, site, desk, clock, logger });
  const agents = new AgentDesk({ shell, site, store, desk, outbox, channels, news, clock });
  const presence = new DeskPresence(shell);
  const turnAway = turnAwayWith({ desk, shell, outbox });
  followChats({ site, logger, desk, chat, news, turnAway });
  const door = publicDoor({ ...parts, desk, chat, files, webhooks, store, outbox, room, senders });
  const forgetting = new Forgetting({
    forget: [(before) => files.dropLoose(before), (before) => chat.forgetSilent(before)],
    clock,
    logger,
  });
  let isStarted = false;
  let isStopped = false;

  let mail: MailChannel | undefined;
  /** May be repeated as a whole: Postgres may go away at each step. */
  const takeOverTexts = async () => {
    await guard.start();
    mail ??= await openMail(parts, desk, senders);
    await callbacks.load();
    await desk.resume();
  };
  const applySite = async () => {
    for (const channel of channels.values())
      await channel
        .apply(site.site)
        .catch((err: unknown) => logger.error({ err, channel: channel.id }, 'a channel could not be set up'));
    await door.apply(site.site);
    desk.siteChanged();
    outbox.siteChanged();
  };
  // Each desk asks for each of its queues, many times a second: the board is drawn for all of them at once.
  const queuesNow = briefly(clock, () => parts.live.board(clock.now()).queues);
  const view = {
    shell,
    site,
    texts: desk.texts,
    caller: (contactId: string) => parts.calls.incoming(contactId)?.pii,
    waiting(queueId: string) {
      const { waiting = 0, oldestWaitingSince } = queuesNow()[queueId] ?? {};
      return { waiting, ...(oldestWaitingSince !== undefined && { oldestAt: oldestWaitingSince }) };
    },
    colleagues: briefly(clock, () => colleaguesOf({ shell, site })),
    maintenanceUntil: () => parts.maintenance.state?.untilMs,
    clock,
  };
  return {
    guard,
    desk: createDeskPort({
      shell,
      site,
      store,
      files,
      desk,
      agents,
      news,
      channels,
      view,
      customers: parts.customers,
      typing(contactId) {
        const open = desk.texts.get(contactId);
        if (open) chat.agentTypes(open.threadId);
      },
      presence: (agentId, isThere) => presence.changed(agentId, isThere),
    }),
    siteChanged() {
      if (isStarted) void applySite();
    },
    async start() {
      const seq = stores.log.lastSeq();
      while (!isStopped && (stores.projector()?.health().projectedSeq ?? -1) < seq)
        await pause(historyLookMs);
      while (!isStopped) {
        const isResumed = await takeOverTexts().then(
          () => true,
          (err: unknown) => {
            logger.warn({ err }, 'text contacts could not be taken over yet');
            return false;
          },
        );
        if (isResumed) break;
        await pause(10 * historyLookMs);
      }
      if (isStopped) return;
      callbacks.begin(callbackDesk({ site, logger, desk, store }));
      if (mail) {
        guard.noteMail(mail);
        channels.set(mailChannelId, mail);
      }
      isStarted = true;
      presence.begin(site.agentIds());
      forgetting.start();
      await applySite();
    },
    async stop() {
      isStopped = true;
      presence.stop();
      callbacks.stop();
      forgetting.stop();
      guard.stop();
      outbox.stop();
      await door.close();
      for (const channel of channels.values()) await channel.close();
    },
    sendNotice: async (notice, signal) => mail?.sendNotice(notice, signal) ?? { outcome: 'off' },
    health: () => ({
      ...Object.fromEntries([...channels].map(([id, channel]) => [id, channel.health()])),
      'public-port': door.health(),
    }),
  };
}

async function openMail(
  { stores, clock, logger, config }: TextSideParts,
  desk: TextDesk,
  senders: SenderCheck,
): Promise<MailChannel> {
  const tokenKeys = await replyKeys(stores.settings);
  const store = createRawMailRepo(stores.sequelize);
  return createMailChannel({
    desk,
    store,
    senders,
    dataDir: config.dataDir,
    tokenKeys,
    clock,
    logger,
  });
}

const pause = (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms));
