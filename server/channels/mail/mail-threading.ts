/**
 * Which thread a mail belongs to. Pure: the caller looks the keys up and asks for the verdict. The rules:
 *
 * - Keys, in the order they are tried: In-Reply-To, then References from the newest to the oldest, then the tokens in To,
 *   Cc and Delivered-To, then those in the subject. Only whole, valid ids count; an empty In-Reply-To (`<>`) matches
 *   nothing, and a message inside the mail gives no keys.
 * - A message id joins only when the sender is a participant of that thread: somebody we wrote to in it, or who wrote.
 *   A stranger who knows or guesses a Message-ID opens a new thread.
 * - A valid token joins, whoever sends: we gave it out for that. `isStranger` tells the agent that the sender is new.
 * - Between several threads, an id of a mail that we sent goes before one that was sent to us, then the order of keys.
 *   A token in an address goes before message ids when they disagree: the sender addressed that thread.
 * - A subject never joins by its words. One that was changed joins all the same when the ids or a token do.
 * - A forward (Fwd:, WG:, I:, Пересл: ...) of a participant joins like an answer: he sends us something in the matter.
 *   A forward of anybody else joins only by a token in an address: the one in its subject was carried along unknowingly.
 * - Reports (bounce, receipt, complaint) never join as an answer. They are filed with the thread when the mail they are
 *   about is one that we sent, or by a token in an address; whether they are true is not known, so they open nothing.
 * - An auto-reply joins by the rules of a customer's mail; `mayBeAnswered` is what keeps it from being answered.
 */
import { readToken, tokensInAddress, tokensInSubject } from './mail-token.ts';

export type ThreadKey =
  { by: 'message-id'; messageId: string } | { by: 'token'; threadRef: string; where: 'address' | 'subject' };

/** What of a mail counts here; a ReadMail is one. */
export interface ThreadedMail {
  kind: 'customer' | 'auto-reply' | 'bounce' | 'complaint' | 'receipt' | 'list';
  originalMessageId?: string;
  inReplyTo: readonly string[];
  references: readonly string[];
  from?: { address: string };
  to: readonly { address: string }[];
  cc: readonly { address: string }[];
  deliveredTo: readonly string[];
  subject: string;
}

/** A thread that one of the keys led to. */
export interface ThreadCandidate {
  key: ThreadKey;
  threadRef: string;
  /** The mail with that id was sent by us; of no meaning for a token. */
  isOurs: boolean;
  /** Addresses, in any case. */
  participants: readonly string[];
}

export type JoinVerdict =
  | { verdict: 'join'; threadRef: string; by: ThreadKey['by']; isStranger: boolean }
  | { verdict: 'report'; threadRef: string }
  | {
      verdict: 'new';
      reason: 'no-keys' | 'unknown-keys' | 'stranger' | 'forwarded-by-stranger' | 'unknown-original';
    };

const maxKeys = 60;
/** The outermost prefix counts: `Re: Fwd:` answers a mail that was forwarded once. */
const forwardPrefix =
  /^(?:\[[^\]]{0,60}\]\s{0,9})?(?:fwd?|wg|tr|i|rv|enc|vl|пересл|doorst)\s{0,9}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,9}:/iu;

export const isForward = (subject: string): boolean => forwardPrefix.test(subject.trim());

const isReport = ({ kind }: ThreadedMail): boolean =>
  kind === 'bounce' || kind === 'receipt' || kind === 'complaint';

/** In the order of trying, each once. */
export function threadKeys(mail: ThreadedMail, keys: readonly Uint8Array[]): ThreadKey[] {
  const original = mail.originalMessageId === undefined ? [] : [mail.originalMessageId];
  const ids = isReport(mail) ? original : [...mail.inReplyTo, ...mail.references.toReversed()];
  const addresses = [...[...mail.to, ...mail.cc].map(({ address }) => address), ...mail.deliveredTo];
  const verified = (tokens: readonly string[], where: 'address' | 'subject'): ThreadKey[] =>
    Array.from(new Set(tokens))
      .slice(0, maxKeys)
      .map((token) => readToken(token, keys))
      .filter((threadRef) => threadRef !== undefined)
      .map((threadRef) => ({ by: 'token', threadRef, where }));
  const messageIds = Array.from(new Set(ids)).slice(0, maxKeys);
  return [
    ...messageIds.map((messageId): ThreadKey => ({ by: 'message-id', messageId })),
    ...verified(addresses.flatMap(tokensInAddress), 'address'),
    ...verified(tokensInSubject(mail.subject), 'subject'),
  ];
}

const isByAddress = ({ key }: ThreadCandidate): boolean => key.by === 'token' && key.where === 'address';

function reportVerdict(candidates: readonly ThreadCandidate[]): JoinVerdict {
  const found = candidates.find((candidate) => isByAddress(candidate) || candidate.isOurs);
  return found
    ? { verdict: 'report', threadRef: found.threadRef }
    : { verdict: 'new', reason: 'unknown-original' };
}

/** `candidates`: in the order of the keys that led to them. */
export function joinVerdict({
  candidates,
  mail,
}: {
  candidates: readonly ThreadCandidate[];
  mail: ThreadedMail;
}): JoinVerdict {
  if (isReport(mail)) return reportVerdict(candidates);
  const sender = mail.from?.address.toLowerCase();
  const isKnown = ({ participants }: ThreadCandidate): boolean =>
    sender !== undefined && participants.some((address) => address.toLowerCase() === sender);
  const byId = candidates.filter((candidate) => candidate.key.by === 'message-id' && isKnown(candidate));
  const isCarried = isForward(mail.subject);
  const bySubject = candidates.filter(
    (candidate) =>
      candidate.key.by === 'token' && !isByAddress(candidate) && (!isCarried || isKnown(candidate)),
  );
  const found =
    candidates.find(isByAddress) ?? byId.find((candidate) => candidate.isOurs) ?? byId[0] ?? bySubject[0];
  if (found)
    return { verdict: 'join', threadRef: found.threadRef, by: found.key.by, isStranger: !isKnown(found) };
  if (candidates.length > 0)
    return { verdict: 'new', reason: isCarried ? 'forwarded-by-stranger' : 'stranger' };
  const hasIds = mail.inReplyTo.length + mail.references.length > 0;
  return { verdict: 'new', reason: hasIds ? 'unknown-keys' : 'no-keys' };
}
