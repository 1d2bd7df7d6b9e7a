/**
 * A digest of what the sender of a mail wrote, by which a second copy is known from another mail under the same Message-ID.
 * Servers on the way add lines to the header, fold and encode anew: copies that came by two ways differ in their bytes, and
 * not in sender, subject, date, text and files.
 */
import { createHash } from 'node:crypto';
import { textOfHtml } from './html-text.ts';

export interface WrittenMail {
  from?: { address: string };
  subject: string;
  sentAt?: number;
  text: string;
  html?: string;
  attachments: readonly { sha256: string }[];
}

const evenly = (text: string): string => text.replace(/\s+/gu, ' ').trim();

/** Hex. */
export function contentKeyOf({ from, subject, sentAt, text, html, attachments }: WrittenMail): string {
  const written = {
    from: (from?.address ?? '').toLowerCase(),
    subject: evenly(subject),
    sentAt: sentAt ?? null,
    text: evenly(text),
    // Its words: what programs make of the rest differs.
    html: html === undefined ? '' : evenly(textOfHtml(html)),
    files: attachments.map(({ sha256 }) => sha256).toSorted(),
  };
  return createHash('sha256').update(JSON.stringify(written)).digest('hex');
}
