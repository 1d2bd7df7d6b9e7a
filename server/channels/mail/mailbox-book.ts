/**
 * Which of our mailboxes an address belongs to (addresses and aliases of the site; RFC 5233 plus addressing taken off), and to
 * which a mail goes. Addresses are compared without case, as every mail system does whatever RFC 5321 §2.4 allows, and their
 * domain in ASCII.
 */
import { domainToASCII } from 'node:url';
import type { SiteMailbox } from '../../contract/site-text.ts';

export interface MailboxBook {
  byId(mailboxId: string): SiteMailbox | undefined;
  byAddress(address: string): SiteMailbox | undefined;
  readonly all: readonly SiteMailbox[];
}

export interface Recipients {
  readonly envelopeTo: readonly string[];
  readonly deliveredTo: readonly string[];
  readonly to: readonly { readonly address: string }[];
  readonly cc: readonly { readonly address: string }[];
}

/** Lower case, without `+detail`; '' for what is no address. */
export function plainAddress(address: string): string {
  const at = address.lastIndexOf('@');
  if (at < 1) return '';
  const domain = domainToASCII(address.slice(at + 1)) || address.slice(at + 1).toLowerCase();
  const [local = ''] = address.slice(0, at).toLowerCase().split('+');
  // An address may begin with a plus; then it is its name.
  return `${local === '' ? address.slice(0, at).toLowerCase() : local}@${domain}`;
}

export function createMailboxBook(mailboxes: readonly SiteMailbox[]): MailboxBook {
  const ids = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]));
  const exact = new Map<string, SiteMailbox>();
  for (const mailbox of mailboxes)
    for (const address of [mailbox.address, ...mailbox.aliases]) exact.set(wholeAddress(address), mailbox);
  return {
    all: mailboxes,
    byId: (mailboxId) => ids.get(mailboxId),
    // `help+cards@` may be a mailbox of its own.
    byAddress: (address) => exact.get(wholeAddress(address)) ?? exact.get(plainAddress(address)),
  };
}

function wholeAddress(address: string): string {
  const at = address.lastIndexOf('@');
  const domain = address.slice(at + 1);
  return `${address.slice(0, Math.max(0, at)).toLowerCase()}@${domainToASCII(domain) || domain.toLowerCase()}`;
}

/**
 * The envelope decides where there is one; it says what the relay meant. A mail that was fetched from a mailbox stays there
 * when that is among its recipients, or when none of ours is (Bcc); otherwise it goes to the one that it was written to.
 * Undefined: the mailbox was taken out of the site.
 */
export function mailboxOf(
  book: MailboxBook,
  mailboxId: string,
  recipients: Recipients,
): SiteMailbox | undefined {
  const own = book.byId(mailboxId);
  const among = (addresses: readonly string[]): SiteMailbox[] =>
    addresses.map((address) => book.byAddress(address)).filter((mailbox) => mailbox !== undefined);
  const [byEnvelope] = among(recipients.envelopeTo);
  if (byEnvelope) return byEnvelope;
  const named = [...recipients.to, ...recipients.cc].map(({ address }) => address);
  const written = among([...recipients.deliveredTo, ...named]);
  return own && written.includes(own) ? own : (written[0] ?? own);
}

/** The queue of the first topic with a word that the subject has, at the beginning of a word there; else the mailbox's. */
export function queueOf(mailbox: SiteMailbox, subject: string): string {
  const line = subject.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, ' ');
  const isIn = (word: string): boolean =>
    ` ${line}`.includes(
      ` ${word
        .toLowerCase()
        .replace(/[^\p{L}\p{N}]+/gu, ' ')
        .trim()}`,
    );
  return mailbox.topics.find(({ words }) => words.some(isIn))?.queue ?? mailbox.queue;
}
