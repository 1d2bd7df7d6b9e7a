/**
 * One app's connection: framing, authentication, the verbs of the protocol. SIP texts are handed to the engine.
 * It may not look into them beyond the first line.
 *
 * Deny by default: the first frame must be `authenticate` with the right secret; whatever else comes first is
 * refused and the connection closed. Frames written in one turn of the event loop leave in one write.
 */
import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import { FrameReader, encodeFrame } from './framing.ts';
import type { AppMember } from './registry.ts';
import type { SecretBook } from './secret-book.ts';

/** An app that does not read is cut when this much waits for it. */
export const MAX_UNREAD_BYTES = 16 * 1024 * 1024;
const AUTHENTICATE_WITHIN_MS = 5_000;
const WRONG_SECRET_DELAY_MS = 250;
/** An app that registers no route is given its held requests after this time all the same. */
const READY_AFTER_MS = 300;
const ANSWER_DELAY_MS = 1;
const MAX_TAGS = 20;
const MAX_TAG_LENGTH = 128;
const MAX_ROUTES = 64;

export interface SipFrame {
  msgId: string;
  transactionId: string;
  dialogId: string;
  nextHop: string;
  text: string;
}

export interface ControlHandler {
  readonly hostPorts: string;
  readonly version: string;
  onAuthenticated(app: AppConnection): void;
  /** The app has had the time to rebuild its dialogs: requests that were held may go to it. */
  onReady(app: AppConnection): void;
  onRoute(app: AppConnection, verb: string, isAdded: boolean): void;
  onSip(app: AppConnection, frame: SipFrame): void;
  onClosed(app: AppConnection): void;
  onRefused(reason: string): void;
}

export class AppConnection implements AppMember {
  readonly id: string = randomUUID();
  tags: string[] = [];
  isReady = false;
  readonly connectedAtMs = performance.now();
  readonly routes = new Set<string>();
  readonly #socket: Socket;
  readonly #handler: ControlHandler;
  readonly #secrets: SecretBook;
  readonly #reader = new FrameReader();
  #state: 'new' | 'refused' | 'authenticated' | 'closed' = 'new';
  #out: string[] = [];
  #isFlushPlanned = false;
  #lateFlush: NodeJS.Timeout | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Socket, handler: ControlHandler, secrets: SecretBook) {
    this.#socket = socket;
    this.#handler = handler;
    this.#secrets = secrets;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 45_000);
    socket.on('data', (chunk) => this.#onData(chunk.toString('latin1')));
    socket.on('error', () => {});
    socket.on('close', () => this.#onClose());
    this.#timer = setTimeout(() => this.close(), AUTHENTICATE_WITHIN_MS);
  }

  /** The app's first tag: dialogs are owned by it, so that they survive this connection. */
  get tag(): string {
    return this.tags[0] ?? '';
  }

  get isOpen(): boolean {
    return this.#state === 'authenticated';
  }

  /** Queues an event for the app; all frames of one turn leave together. */
  send(payload: string): void {
    if (this.#state === 'closed') return;
    this.#out.push(encodeFrame(payload));
    if (this.#isFlushPlanned) return;
    this.#isFlushPlanned = true;
    setImmediate(() => this.#flush());
  }

  /** Answers a frame. Answers are less urgent than events: they wait a moment for company, since a write costs
   * more than all that is in it. */
  respond(msgId: string, rest: string): void {
    if (this.#state === 'closed') return;
    this.#out.push(encodeFrame(`${randomUUID()}|response|${msgId}|${rest}`));
    if (this.#isFlushPlanned || this.#lateFlush !== undefined) return;
    this.#lateFlush = setTimeout(() => this.#flush(), ANSWER_DELAY_MS);
  }

  close(): void {
    this.#socket.destroy();
  }

  #flush(): void {
    this.#isFlushPlanned = false;
    clearTimeout(this.#lateFlush);
    this.#lateFlush = undefined;
    if (this.#out.length === 0 || this.#state === 'closed') return;
    const text = this.#out.length === 1 ? (this.#out[0] as string) : this.#out.join('');
    this.#out = [];
    this.#socket.write(text, 'latin1');
    if (this.#socket.writableLength > MAX_UNREAD_BYTES) {
      this.#handler.onRefused('app does not read');
      this.close();
    }
  }

  #refuse(msgId: string, text: string): void {
    this.#state = this.#state === 'authenticated' ? 'authenticated' : 'refused';
    this.#handler.onRefused(text);
    this.respond(msgId, `NO|${text}`);
    this.#flush();
    this.#socket.end();
    this.#timer ??= setTimeout(() => this.close(), 1_000);
  }

  #onData(chunk: string): void {
    if (this.#state === 'refused' || this.#state === 'closed') return;
    const error = this.#reader.push(chunk, (payload) => {
      this.#onPayload(payload);
      return (this.#state === 'new' || this.#state === 'authenticated') && !this.#socket.writableEnded;
    });
    if (error === undefined) return;
    if (error === 'frame too large') this.#refuse('', error);
    else {
      this.#handler.onRefused(error);
      this.close();
    }
  }

  #onPayload(payload: string): void {
    const lineEnd = payload.indexOf('\r\n');
    const line = lineEnd < 0 ? payload : payload.slice(0, lineEnd);
    const tokens = line.split('|');
    const msgId = tokens[0] ?? '';
    const type = tokens[1];
    if (this.#state === 'new') {
      if (type === 'authenticate') this.#authenticate(msgId, tokens[2] ?? '', tokens[3] ?? '');
      else this.#refuse(msgId, type === undefined ? 'Invalid message format' : 'not authenticated');
      return;
    }
    switch (type) {
      case 'sip':
        this.#onSip(msgId, tokens, lineEnd < 0 ? '' : payload.slice(lineEnd + 2));
        return;
      case 'route':
      case 'remove_route':
        this.#onRoute(msgId, (tokens[2] ?? '').toLowerCase(), type === 'route');
        return;
      case 'ping':
        this.respond(msgId, 'OK|pong');
        return;
      case 'proxy':
        this.respond(msgId, 'NOK|proxy is not supported');
        return;
      case 'authenticate':
        this.#refuse(msgId, 'already authenticated');
        return;
      case undefined:
        this.#refuse(msgId, 'Invalid message format');
        return;
      default:
        this.#refuse(msgId, 'Unknown message type');
    }
  }

  #authenticate(msgId: string, secret: string, tags: string): void {
    if (!this.#secrets.accepts(secret)) {
      this.#state = 'refused';
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#refuse(msgId, 'incorrect secret'), WRONG_SECRET_DELAY_MS);
      return;
    }
    const list = tags === '' ? [] : tags.split(',');
    if (list.length > MAX_TAGS || list.some((tag) => tag === '' || tag.length > MAX_TAG_LENGTH)) {
      this.#refuse(msgId, 'invalid tags');
      return;
    }
    this.tags = list;
    this.#state = 'authenticated';
    clearTimeout(this.#timer);
    const { hostPorts, version } = this.#handler;
    this.respond(msgId, `OK|${hostPorts}|${version}|${hostPorts}`);
    this.#timer = setTimeout(() => this.#becomeReady(), READY_AFTER_MS);
    this.#handler.onAuthenticated(this);
  }

  #becomeReady(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.isReady || this.#state !== 'authenticated') return;
    this.isReady = true;
    this.#handler.onReady(this);
  }

  #onRoute(msgId: string, verb: string, isAdded: boolean): void {
    if (verb === '' || verb.length > 64 || (isAdded && this.routes.size >= MAX_ROUTES)) {
      this.respond(msgId, 'NOK|invalid route');
      return;
    }
    if (isAdded) this.routes.add(verb);
    else this.routes.delete(verb);
    this.respond(msgId, 'OK');
    this.#handler.onRoute(this, verb, isAdded);
    if (isAdded) this.#becomeReady();
  }

  #onSip(msgId: string, tokens: string[], text: string): void {
    const transactionId = tokens[2] ?? '';
    if (text.startsWith('SIP/') && transactionId === '') {
      this.#refuse(msgId, 'transaction id missing');
      return;
    }
    this.#handler.onSip(this, {
      msgId,
      transactionId,
      dialogId: tokens[3] ?? '',
      nextHop: tokens[4] ?? '',
      text,
    });
  }

  #onClose(): void {
    const wasOpen = this.#state === 'authenticated';
    this.#state = 'closed';
    this.isReady = false;
    clearTimeout(this.#timer);
    clearTimeout(this.#lateFlush);
    this.#out = [];
    if (wasOpen) this.#handler.onClosed(this);
  }
}
