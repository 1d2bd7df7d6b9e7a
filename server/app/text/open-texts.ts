/**
 * The contacts of text that are not closed, by heart, so that a desk can be drawn without asking the database. Fed by the
 * store's own answers; a restart reads them anew.
 */
import type { MessageView } from '../../contract/desk.ts';
import type { OpenText } from './ports.ts';

/** What is known of a live customer for the moment, and kept nowhere. */
export interface Presence {
  readonly isHere: boolean;
  readonly typingUntil: number;
}

const previewLength = 120;
const nobody: Presence = { isHere: false, typingUntil: 0 };

export class OpenTexts {
  readonly #texts = new Map<string, OpenText>();
  readonly #byThread = new Map<string, string>();
  readonly #presence = new Map<string, Presence>();

  put(text: OpenText): void {
    this.#texts.set(text.contactId, text);
    this.#byThread.set(text.threadId, text.contactId);
  }

  drop(contactId: string): OpenText | undefined {
    const text = this.#texts.get(contactId);
    this.#texts.delete(contactId);
    if (text && this.#byThread.get(text.threadId) === contactId) this.#byThread.delete(text.threadId);
    return text;
  }

  get(contactId: string): OpenText | undefined {
    return this.#texts.get(contactId);
  }

  ofThread(threadId: string): OpenText | undefined {
    return this.#texts.get(this.#byThread.get(threadId) ?? '');
  }

  all(): Iterable<OpenText> {
    return this.#texts.values();
  }

  get size(): number {
    return this.#texts.size;
  }

  /** A message of the contact; the same twice counts once. */
  noteMessage({ contactId, seq, author, isNote, text }: MessageView): void {
    const known = this.#texts.get(contactId);
    if (!known) return;
    const isNew = author === 'customer' && !known.customerSeqs.includes(seq);
    const isShown = !isNote && author !== 'system';
    this.#texts.set(contactId, {
      ...known,
      ...(isNew && { customerSeqs: [...known.customerSeqs, seq] }),
      ...(isShown && { preview: previewOf(text) }),
    });
  }

  noteRead(contactId: string, agentId: string, seq: number): void {
    const known = this.#texts.get(contactId);
    if (!known || (known.reads[agentId] ?? 0) >= seq) return;
    this.#texts.set(contactId, { ...known, reads: { ...known.reads, [agentId]: seq } });
  }

  unread(text: OpenText, agentId: string): number {
    const upTo = text.reads[agentId] ?? 0;
    return text.customerSeqs.filter((seq) => seq > upTo).length;
  }

  presence(threadId: string): Presence {
    return this.#presence.get(threadId) ?? nobody;
  }

  /** True when anything changed that a desk shows. */
  notePresence(threadId: string, change: Partial<Presence>): boolean {
    const before = this.presence(threadId);
    // Whoever has gone does not type; and nothing stays known of a customer who left.
    const after = { ...before, ...change, ...(change.isHere === false && { typingUntil: 0 }) };
    if (!after.isHere && after.typingUntil === 0) this.#presence.delete(threadId);
    else this.#presence.set(threadId, after);
    return before.isHere !== after.isHere || before.typingUntil !== after.typingUntil;
  }
}

export const previewOf = (text: string): string =>
  Array.from(text.replace(/\s+/g, ' ').trim()).slice(0, previewLength).join('');
