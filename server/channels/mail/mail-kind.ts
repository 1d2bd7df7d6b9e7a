/**
 * What a mail is, by what it says of itself, and whether an automatic answer may go to it. The rules, in order:
 *
 * 1. complaint: a feedback report (RFC 5965);
 * 2. receipt: a disposition notification (RFC 8098);
 * 3. bounce: a delivery status (RFC 3464), or the prose of qmail, Exchange, Notes and Gmail from one who writes such.
 *    It is a failure when a status says so for good: 5.x.x, or `failed` without a status. 4.x.x is not one, whatever the
 *    action: mail systems say `failed` of mails they have waited five days with;
 * 4. auto-reply: Auto-Submitted other than `no` (RFC 3834 §5), the fields that vacation programs set, the subjects that
 *    they write with their colon, or a null return path (RFC 5321 §4.5.5) with nothing else;
 * 5. list: List-Id, List-Unsubscribe or Precedence list, bulk or junk;
 * 6. customer: everything else.
 *
 * It stops the mail loop: two machines that answer each other fill a night. An automatic answer never goes to anything
 * automatic, to a null return path, to nobody or to an address that is nobody (`no-reply`), nor to what came round: our
 * own header `X-Hearthline-Loop`, or more Received fields than an honest way has (RFC 5321 §6.3).
 */
import type { FromFault, MailAddress, MailHeader } from './mail-fields.ts';
import { messageIdOf } from './mail-fields.ts';
import {
  deliveryStatus,
  originalMessageId,
  proseBounce,
  reportField,
  type BounceRecipient,
  type BounceReport,
} from './mail-report.ts';

export type MailKind = 'customer' | 'auto-reply' | 'bounce' | 'complaint' | 'receipt' | 'list';

export type NoAnswerReason =
  | 'automatic'
  | 'suppressed'
  | 'null-return-path'
  | 'no-sender'
  | 'no-reply-address'
  | 'own-loop'
  | 'too-many-hops';

export interface Bounce {
  isFailure: boolean;
  /** Of the gravest recipient. */
  status?: string;
  recipients: BounceRecipient[];
}

export interface Classified {
  kind: MailKind;
  bounce?: Bounce;
  /** Of a receipt (`displayed`, `deleted`) or a complaint (`abuse`). */
  reportType?: string;
  /** Of the mail of ours that a report is about. */
  originalMessageId?: string;
  mayBeAnswered: boolean;
  noAnswerReason?: NoAnswerReason;
}

export interface MailFacts {
  from?: MailAddress;
  fromFault?: FromFault;
  replyTo: readonly MailAddress[];
  returnPath?: string;
  subject: string;
  text: string;
  inReplyTo: readonly string[];
  attachments: readonly { mime: string; bytes: Uint8Array }[];
}

/** What every automatic mail of ours carries. */
export const loopHeader = 'X-Hearthline-Loop';
const maxReceived = 50;

const daemon = /^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|double-bounce|bounces?)(?:[+\-._=][^@]*)?@/i;
const nobody =
  /^(?:no-?_?\.?reply|do-?_?\.?not-?_?\.?reply|donotreply|noreply|nobody|null)(?:[+\-._=][^@]*)?@|[-_.](?:no-?reply|noreply)@/i;
const vacationFields = [
  'x-autoreply',
  'x-autorespond',
  'x-autoresponder',
  'x-auto-reply',
  'x-autoreply-from',
  'x-mail-autoreply',
  'x-vacation',
];
const vacationSubject =
  /^(?:\[?(?:auto(?:matic|mated)?[ -]?(?:reply|response|antwort)|autorespon(?:s|se|der)?|out of (?:the )?office(?: auto-?reply)?|ooo|vacation|away from (?:my )?(?:mail|office)|автоответ|автоматический ответ|risposta automatica|fuori (?:sede|ufficio)|automatische antwort|abwesenheitsnotiz|abwesend|réponse automatique|respuesta automática)\]? ?[:(])/iu;
const bounceSubject =
  /^(?:undeliver(?:ed|able)|returned mail|failure notice|delivery (?:status notification|failure|failed)|mail delivery (?:failed|failure)|mail system error|message delayed|warning: could not send|unzustellbar|недоставлен|mancato recapito|non recapitabile)/iu;

const lower = (header: MailHeader, name: string): string => (header.first(name) ?? '').trim().toLowerCase();

/** Exchange's request that no machine answers; DR, RN and NRN are about receipts only. */
function isSuppressed(header: MailHeader): boolean {
  return lower(header, 'x-auto-response-suppress')
    .split(/[\s,;]+/)
    .some((word) => word === 'all' || word === 'oof' || word === 'autoreply');
}

function isAutoReply(header: MailHeader, facts: MailFacts): boolean {
  const submitted = /^[a-z-]*/.exec(lower(header, 'auto-submitted'))?.[0] ?? '';
  if (submitted !== '' && submitted !== 'no') return true;
  const isSet = (name: string): boolean => header.has(name) && !/^(?:no|false|0)$/.test(lower(header, name));
  if (vacationFields.some(isSet) || facts.returnPath === '') return true;
  if (lower(header, 'x-apple-action') === 'vacation' || lower(header, 'precedence') === 'auto_reply')
    return true;
  return vacationSubject.test(facts.subject);
}

function isList(header: MailHeader): boolean {
  if (header.has('list-id') || header.has('list-unsubscribe') || header.has('list-post')) return true;
  return /^(?:list|bulk|junk)\b/.test(lower(header, 'precedence'));
}

function reportTypeOf(header: MailHeader): string {
  const type = header.first('content-type') ?? '';
  if (!/^multipart\/report\b/i.test(type)) return '';
  return /;\s*report-type\s*=\s*"?([\w-]+)/i.exec(type)?.[1]?.toLowerCase() ?? '';
}

const isPermanent = ({ status, action }: BounceRecipient): boolean =>
  status === undefined ? action === 'failed' : status.startsWith('5');

function bounceOf({ recipients }: BounceReport, isSaidFailed: boolean): Bounce {
  const gravest = recipients.find(isPermanent) ?? recipients[0];
  return {
    isFailure: recipients.length > 0 ? recipients.some(isPermanent) : isSaidFailed,
    ...(gravest?.status !== undefined && { status: gravest.status }),
    recipients,
  };
}

function bounceIn(header: MailHeader, facts: MailFacts, reportType: string): Bounce | undefined {
  const report = deliveryStatus(facts.attachments);
  const isReport = reportType === 'delivery-status' || header.has('x-ms-exchange-message-is-ndr');
  const isDelay = /delay|could not send|warning/i.test(facts.subject);
  if (report && report.recipients.length > 0) return bounceOf(report, !isDelay);
  const isDaemon = facts.from !== undefined && daemon.test(facts.from.address);
  const failed = header.first('x-failed-recipients');
  const writesSuch = isDaemon || facts.returnPath === '' || isReport || failed !== undefined;
  const prose = writesSuch ? proseBounce(facts.text, failed) : undefined;
  if (prose) return bounceOf(prose, !isDelay);
  if (report || isReport || (isDaemon && bounceSubject.test(facts.subject)))
    return { isFailure: !isDelay, recipients: [] };
  return undefined;
}

function kindOf(header: MailHeader, facts: MailFacts): Omit<Classified, 'mayBeAnswered' | 'noAnswerReason'> {
  const { attachments } = facts;
  const reportType = reportTypeOf(header);
  const isMime = (mime: string): boolean => attachments.some((part) => part.mime === mime);
  const about = (id = originalMessageId(attachments, facts.text)): { originalMessageId?: string } =>
    id === undefined ? {} : { originalMessageId: id };
  const said = (value: string | undefined): { reportType?: string } => {
    const word = /[a-z-]{1,40}$/.exec((value ?? '').toLowerCase().trim())?.[0];
    return word === undefined ? {} : { reportType: word };
  };
  if (reportType === 'feedback-report' || isMime('message/feedback-report'))
    return {
      kind: 'complaint',
      ...said(reportField(attachments, 'message/feedback-report', 'feedback-type')),
      ...about(),
    };
  const mdn = 'message/disposition-notification';
  if (reportType === 'disposition-notification' || isMime(mdn)) {
    const disposition = reportField(attachments, mdn, 'disposition')?.split(';').at(-1);
    const id = messageIdOf(reportField(attachments, mdn, 'original-message-id'));
    return {
      kind: 'receipt',
      ...said(disposition?.split('/')[0]),
      ...about(id ?? originalMessageId(attachments, '')),
    };
  }
  const bounce = bounceIn(header, facts, reportType);
  if (bounce)
    return {
      kind: 'bounce',
      bounce,
      ...about(originalMessageId(attachments, facts.text) ?? facts.inReplyTo[0]),
    };
  if (isAutoReply(header, facts)) return { kind: 'auto-reply' };
  return { kind: isList(header) ? 'list' : 'customer' };
}

function noAnswerReason(kind: MailKind, header: MailHeader, facts: MailFacts): NoAnswerReason | undefined {
  if (header.has(loopHeader.toLowerCase())) return 'own-loop';
  if (kind !== 'customer') return 'automatic';
  if (facts.returnPath === '') return 'null-return-path';
  if (!facts.from) return 'no-sender';
  const addresses = [facts.from, facts.replyTo[0] ?? facts.from].map((to) => to.address);
  if (addresses.some((address) => daemon.test(address) || nobody.test(address))) return 'no-reply-address';
  if (isSuppressed(header)) return 'suppressed';
  return header.all('received').length > maxReceived ? 'too-many-hops' : undefined;
}

export function classify(header: MailHeader, facts: MailFacts): Classified {
  const what = kindOf(header, facts);
  const reason = noAnswerReason(what.kind, header, facts);
  return {
    ...what,
    mayBeAnswered: reason === undefined,
    ...(reason !== undefined && { noAnswerReason: reason }),
  };
}
