/** The chat's routes for customers' browsers: what the widget shows, begins, sends up and fetches. Sockets: chat-sockets. */
import express, { type Request, type Response, type Router } from 'express';
import { type ChatConfig, startChatSchema, transcriptRequestSchema } from '../../contract/chat.ts';
import { idSchema } from '../../contract/rest.ts';
import type { Language } from '../../contract/site.ts';
import type { SiteWidget } from '../../contract/site-text.ts';
import type { SenderCheck } from '../../app/text/block-list.ts';
import { AddressRate } from '../address-rate.ts';
import { refuseBlocked } from '../blocked-sender.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import { isPicture } from '../../lib/picture-kind.ts';
import { mediaType } from '../../lib/request-bytes.ts';
import type { UploadRoom } from '../upload-room.ts';
import { addressOf, askedLanguage, crossOrigin, queryText, readAs, refuse, within } from '../public-route.ts';
import type { ChannelDesk } from '../../app/text/channel.ts';
import type { FileStorePort } from '../../app/text/ports.ts';
import type { ChatChannel } from './chat-channel.ts';
import { textIn } from './chat-channel.ts';
import { fileUrl, type LiveChat } from './live-chat.ts';

export interface ChatDoorParts {
  chat: ChatChannel;
  desk: ChannelDesk;
  senders: SenderCheck;
  siteLanguage(): Language;
  siteName(): string;
  files: Pick<FileStorePort, 'byId'>;
  room: UploadRoom;
  /** Whether mail goes out of this house. */
  hasMail(): boolean;
  /** Kept, to be sent; resolves when it is. */
  postTranscript(letter: { to: string; subject: string; text: string; language: Language }): Promise<void>;
}

export const chatRates = {
  starts: { burst: 10, perMinute: 6 },
  uploads: { burst: 20, perMinute: 20 },
  transcripts: { burst: 3, perMinute: 2 },
};
/** As a file field's `accept` has it. */
const acceptedTypes = ['image/*', 'application/pdf', '.txt', '.docx', '.xlsx', '.zip'];
const bearer = /^Bearer ([A-Za-z0-9_-]{43})$/;
/** What one customer may send up while the chat is open. */
const uploadedAtMost = 100_000_000;
/** A file is never a page of ours, whatever is in it. */
const sandboxed = "default-src 'none'; sandbox";

export function chatDoor(parts: ChatDoorParts): Router {
  const { chat } = parts;
  const router = express.Router();
  const starts = new AddressRate(chatRates.starts);
  const uploads = new AddressRate(chatRates.uploads);
  const transcripts = new AddressRate(chatRates.transcripts);
  const json = express.json({ limit: 20_000, inflate: false, type: 'application/json' });
  const ofWidget = crossOrigin((req) => chat.widget(String(req.params['widget']))?.origins);
  const ofAnyWidget = crossOrigin(() => chat.origins());

  router.all('/chat/:widget/config', ofWidget);
  router.get('/chat/:widget/config', (req, res) => {
    res.setHeader('Cache-Control', 'no-store');
    res.json(configOf(parts, widgetOf(chat, req), askedLanguage(req, parts.siteLanguage())));
  });

  router.all('/chat/:widget/sessions', ofWidget);
  router.post('/chat/:widget/sessions', json, async (req, res) => {
    within(starts, req);
    const widget = widgetOf(chat, req);
    const request = readAs(startChatSchema, req.body ?? {});
    refuseBlocked(parts.senders, 'chat', { ip: req.ip, mails: [request.email] });
    const started = await chat.start(widget, request, addressOf(req));
    if (started === 'closed') throw refuse('conflict', 'the chat is closed', { reason: 'closed' });
    if (started === 'consent-needed') throw refuse('consent-needed', 'the consent is missing');
    if (started === 'name-needed') throw refuse('bad-request', 'a name is needed', { field: 'name' });
    if (started === 'email-needed') throw refuse('bad-request', 'an address is needed', { field: 'email' });
    res.status(201).json(started);
  });

  router.all('/chat/files', ofAnyWidget);
  router.post('/chat/files', async (req, res) => {
    within(uploads, req);
    const token = bearer.exec(req.headers.authorization ?? '')?.[1] ?? '';
    res.status(201).json(await keep(parts, await chatOf(chat, token), token, req));
  });
  router.all('/chat/files/:id', ofAnyWidget);
  router.get('/chat/files/:id', (req, res) => sendOf(parts, req, res));

  router.all('/chat/transcript', ofAnyWidget);
  router.post('/chat/transcript', json, async (req, res) => {
    within(transcripts, req);
    const one = await chatOf(chat, bearer.exec(req.headers.authorization ?? '')?.[1]);
    const { email } = readAs(transcriptRequestSchema, req.body ?? {});
    if (!parts.hasMail())
      throw refuse('conflict', 'no mail goes out of this house', { reason: 'channel-off' });
    await parts.postTranscript({
      to: email,
      subject: `${parts.siteName()}: chat`,
      text: transcriptOf(one, parts.siteName()),
      language: one.session.language,
    });
    res.status(202).json({});
  });
  return router;
}

function widgetOf(chat: ChatChannel, req: Request): SiteWidget {
  const widget = chat.widget(String(req.params['widget']));
  if (!widget) throw refuse('not-found', 'there is no such chat');
  return widget;
}

async function chatOf(chat: ChatChannel, token: string | undefined): Promise<LiveChat> {
  const one = token === undefined ? undefined : await chat.open(token);
  if (!one) throw refuse('sign-in-required', 'this chat is not known');
  return one;
}

function configOf(parts: ChatDoorParts, widget: SiteWidget, language: Language): ChatConfig {
  const { id, title, welcome, offlineText, offlineForm, consent, topics, attachments } = widget;
  return {
    widgetId: id,
    language,
    title: textIn(title ?? {}, language) || parts.siteName(),
    colour: widget.colour,
    theme: widget.theme,
    isOpen: parts.chat.isOpen(widget),
    offline: {
      text: textIn(offlineText ?? {}, language),
      hasForm: offlineForm !== undefined,
      ...(offlineForm !== undefined && { formId: offlineForm }),
    },
    ...(welcome && { welcome: textIn(welcome, language) }),
    asks: widget.asks,
    topics: topics.map((topic) => ({ id: topic.id, name: textIn(topic.name, language) })),
    ...(consent && { consent: { version: consent.version, text: textIn(consent.text, language) } }),
    ...(attachments && {
      attachments: { maxBytes: parts.chat.capabilities.attachments.maxBytes, types: acceptedTypes },
    }),
    hasTranscript: widget.transcript && parts.hasMail(),
  };
}

async function keep(parts: ChatDoorParts, one: LiveChat, token: string, req: Request) {
  const { maxBytes } = parts.chat.capabilities.attachments;
  if (parts.chat.widget(one.session.widgetId)?.attachments !== true)
    throw refuse('attachment-refused', 'this chat takes no files', { reason: 'type' });
  if (one.session.endedBy !== undefined) throw refuse('conflict', 'the chat is over', { reason: 'ended' });
  if (one.uploadedBytes > uploadedAtMost) throw refuse('too-many-tries', 'too many files in this chat');
  const kept = await parts.room.with(req, maxBytes, async (content) => {
    if (content.length === 0) throw refuse('bad-request', 'the file is empty');
    one.uploadedBytes += content.length;
    return parts.desk.keepFile({
      name: queryText(req, 'name'),
      mime: mediaType(req),
      content,
      owner: `customer:${one.session.sessionId}`,
    });
  });
  if (kept.refused) throw refuse('attachment-refused', 'this file may not be sent', { reason: kept.refused });
  const { attachmentId, bytes } = kept;
  return {
    attachmentId,
    name: kept.name,
    mime: kept.mime,
    bytes,
    isPicture: isPicture(kept.mime),
    url: fileUrl(attachmentId, token),
  };
}

/** A file of this chat, or one that its customer has just sent up. */
async function sendOf(parts: ChatDoorParts, req: Request, res: Response): Promise<void> {
  const one = await chatOf(parts.chat, /^[A-Za-z0-9_-]{43}$/.exec(queryText(req, 'token'))?.[0]);
  const id = idSchema.safeParse(req.params['id']);
  const file = id.success ? await parts.files.byId(id.data) : undefined;
  const { sessionId, threadId } = one.session;
  const isTheirs =
    file &&
    (file.owner === `customer:${sessionId}` ||
      (threadId !== undefined && file.threadId === threadId && !file.isInternal));
  if (!file || !isTheirs || file.refused) throw refuse('not-found', 'there is no such file');
  const isShown = isPicture(file.mime);
  res.setHeader('Content-Security-Policy', sandboxed);
  res.setHeader('Content-Type', isShown ? file.mime : 'application/octet-stream');
  res.setHeader('Content-Disposition', fileDisposition(isShown ? 'inline' : 'attachment', file.name));
  res.setHeader('Cache-Control', 'private, max-age=3600');
  res.end(await parts.desk.readFile(file.sha256));
}

function transcriptOf(one: LiveChat, house: string): string {
  const who = { customer: one.session.name ?? '-', system: house };
  const lines = one.transcript().map((line) => {
    const name = line.from === 'agent' ? (line.name ?? house) : who[line.from];
    const files = line.attachments.map(({ name: file }) => `[${file}]`);
    return `${new Date(line.at).toISOString().slice(0, 16).replace('T', ' ')}  ${name}\n${[line.text, ...files].filter(Boolean).join('\n')}`;
  });
  return `${lines.join('\n\n')}\n`;
}
