/** The desk as a channel sees it, in memory: it takes each external id once, keeps files, and fails where a test says so. */
import { createHash } from 'node:crypto';
import type { ChannelDesk, IncomingMessage, StoredFile, Taken } from '../../server/app/text/channel.ts';
import { createIdSource } from '../../server/lib/ids.ts';

export interface DeliveryNote {
  externalId: string;
  state: 'delivered' | 'failed';
  fault?: string;
}

export class DeskStandIn implements ChannelDesk {
  /** In the order they were taken. */
  readonly messages: IncomingMessage[] = [];
  readonly deliveries: DeliveryNote[] = [];
  readonly files = new Map<string, Uint8Array>();
  /** How often it was asked, repeats and failures included. */
  asked = 0;
  /** Decides about a message before it is taken: an error is thrown, a promise waited for. */
  before: (incoming: IncomingMessage) => Error | undefined | Promise<void> = () => undefined;
  private readonly taken = new Map<string, Taken>();
  private readonly ids = createIdSource();

  async take(incoming: IncomingMessage): Promise<Taken> {
    this.asked += 1;
    const verdict = this.before(incoming);
    if (verdict instanceof Error) throw verdict;
    await verdict;
    const known = this.taken.get(incoming.externalId);
    if (known) return { ...known, isDuplicate: true };
    const threadId = incoming.clues.threadId ?? this.ids.newId('t');
    const messageId = this.ids.newId('m');
    const taken = { messageId, threadId, contactId: this.ids.newId('c'), isDuplicate: false };
    this.taken.set(incoming.externalId, taken);
    // As it is after a database: nothing in it but data.
    this.messages.push(structuredClone(incoming));
    return taken;
  }

  keepFile(file: Parameters<ChannelDesk['keepFile']>[0]): Promise<StoredFile> {
    const { name, mime, content, contentId, isInline } = file;
    const sha256 = createHash('sha256').update(content).digest('hex');
    this.files.set(sha256, content);
    return Promise.resolve({
      attachmentId: this.ids.newId('f'),
      name,
      mime,
      bytes: content.byteLength,
      sha256,
      ...(contentId !== undefined && { contentId }),
      ...(isInline !== undefined && { isInline }),
    });
  }

  readFile(sha256: string): Promise<Uint8Array> {
    const content = this.files.get(sha256);
    return content ? Promise.resolve(content) : Promise.reject(new Error('no such file'));
  }

  fileOf(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  delivered(
    _channelId: string,
    externalId: string,
    state: 'delivered' | 'failed',
    fault?: string,
  ): Promise<boolean> {
    this.deliveries.push({ externalId, state, ...(fault !== undefined && { fault }) });
    return Promise.resolve(true);
  }
}
