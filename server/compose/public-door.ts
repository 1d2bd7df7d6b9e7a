/** What customers reach, on a port of its own: chats, forms, connectors. */
import { join } from 'node:path';
import type { ActiveSite } from '../app/active-site.ts';
import type { Callbacks } from '../app/callback/callbacks.ts';
import type { SenderCheck } from '../app/text/block-list.ts';
import type { Outbox } from '../app/text/outbox.ts';
import type { FileStorePort, TextStorePort } from '../app/text/ports.ts';
import type { TextDesk } from '../app/text/text-desk.ts';
import type { ChatChannel } from '../channels/chat/chat-channel.ts';
import { chatDoor, type ChatDoorParts } from '../channels/chat/chat-door.ts';
import { createChatSockets } from '../channels/chat/chat-sockets.ts';
import { formDoor } from '../channels/form-door.ts';
import { mailChannelId } from '../channels/mail/mail-incoming.ts';
import { PublicServer } from '../channels/public-server.ts';
import type { UploadRoom } from '../channels/upload-room.ts';
import type { WebhookChannel } from '../channels/webhook/webhook-channel.ts';
import type { ServerConfig } from '../config/env.ts';
import type { Clock } from '../lib/clock.ts';
import type { Logger } from '../lib/log.ts';
import type { TlsListeners } from '../lib/tls-listeners.ts';

interface DoorParts {
  site: ActiveSite;
  callbacks: Callbacks;
  clock: Clock;
  logger: Logger;
  config: ServerConfig;
  tls: TlsListeners | undefined;
  uiDir: string;
  desk: TextDesk;
  chat: ChatChannel;
  files: FileStorePort;
  webhooks: WebhookChannel;
  store: TextStorePort;
  outbox: Outbox;
  room: UploadRoom;
  senders: SenderCheck;
}

export function publicDoor(parts: DoorParts): PublicServer {
  const { site, callbacks, clock, logger, config, tls, uiDir } = parts;
  const { desk, chat, files, webhooks, store, outbox, room, senders } = parts;
  /** From the first mailbox, whose queue gets what the customer answers. */
  const postTranscript: ChatDoorParts['postTranscript'] = async ({ to, ...letter }) => {
    const mailbox = site.site.mail?.mailboxes[0];
    if (!mailbox) throw new Error('there is no mailbox');
    const { id: endpointId, queue: queueId } = mailbox;
    await store.post({
      ...letter,
      channelId: mailChannelId,
      endpointId,
      queueId,
      to: { address: to },
      at: clock.now(),
    });
    outbox.wake();
  };
  const sockets = createChatSockets(chat, {
    // A page of the bank's own web sites, or one that we serve ourselves.
    isAllowed: (origin, host) =>
      origin !== undefined &&
      (chat.origins().includes(origin) || origin.replace(/^https?:\/\//, '') === host),
    trustedProxyHops: config.trustedProxyHops,
    now: () => clock.now(),
    logger,
  });
  return new PublicServer({
    port: config.publicHttp.port,
    bind: config.publicHttp.bind,
    tls,
    trustedProxyHops: config.trustedProxyHops === 0 ? false : config.trustedProxyHops,
    widgetDir: join(uiDir, 'widget'),
    routers: [
      chatDoor({
        chat,
        desk,
        senders,
        siteLanguage: () => site.language,
        siteName: () => site.site.site.name,
        files,
        room,
        hasMail: () => site.site.mail?.smarthost !== undefined,
        postTranscript,
      }),
      formDoor({ desk, senders, site: () => site.site, callbacks, now: () => clock.now() }),
      webhooks.router(),
    ],
    sockets,
    now: () => clock.now(),
    logger,
  });
}
