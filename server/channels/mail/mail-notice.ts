/**
 * A mail of the house itself, such as an alert: to staff, from a mailbox of the site, of no thread. It says that a machine
 * wrote it (RFC 3834 §5), so that no machine answers, and bears the same Message-ID with each try. What holds of headers in
 * mail-compose.ts holds here.
 */
import type { SiteMailbox } from '../../contract/site-text.ts';
import { type ComposedMail, escapeHtml, ownMailId, sendableAddress } from './mail-compose.ts';
import { cleanBlock, cleanLine, loopHeader } from './reading-side.ts';

export interface MailNotice {
  readonly noticeId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
}

const maxSubjectChars = 200;
const maxNameChars = 100;

/** Undefined: no address of it can be written to. */
export function composeNotice(
  { noticeId, to, subject, text }: MailNotice,
  mailbox: SiteMailbox,
  now: number,
): ComposedMail | undefined {
  const addresses = to.map(sendableAddress).filter((address) => address !== undefined);
  if (addresses.length === 0) return undefined;
  const body = cleanBlock(text);
  return {
    messageId: `<${ownMailId(noticeId, mailbox.address)}>`,
    date: new Date(now),
    envelope: { from: mailbox.address, to: addresses },
    from: { name: cleanLine(mailbox.senderName ?? mailbox.name, maxNameChars), address: mailbox.address },
    to: addresses.map((address) => ({ name: '', address })),
    replyTo: mailbox.address,
    subject: cleanLine(subject, maxSubjectChars),
    headers: { 'Auto-Submitted': 'auto-generated', [loopHeader]: '1' },
    text: body,
    html: `<div>${escapeHtml(body).replace(/\n/g, '<br>\n')}</div>\n`,
    attachments: [],
  };
}
