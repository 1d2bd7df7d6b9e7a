/** What the moving side uses of the reading side, in one place: a change there is seen here first. */
import type { MailReading } from './mail-reader.ts';

export { cleanBlock, cleanLine } from './clean-text.ts';
export { safeHtml } from './mail-html.ts';
export { loopHeader } from './mail-kind.ts';
export { quoteReply, splitQuoted } from './mail-quote.ts';
export { isForward, threadKeys } from './mail-threading.ts';
export { replyAddress, signToken, subjectMark } from './mail-token.ts';
export type { ReadMail } from './read-mail.ts';
export type { MailReading, UnreadableReason } from './mail-reader.ts';

/** Bounded in time and memory; one mail after the other. */
export interface ReaderPort {
  read(raw: Uint8Array, options?: { mayTake?: boolean }): Promise<MailReading>;
}
