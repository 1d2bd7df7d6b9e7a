/**
 * Which part of a text its writer wrote, and which is the mail answered; and the bodies of an answer of ours with the
 * original below it (RFC 3676 §4.5 for `>`). Splitting is for showing only, never for storing: a line that looks like a
 * quotation may be what the customer has to say, so the caller keeps the whole text within reach.
 *
 * The quotation begins at the first of
 * - a line of those that clients write above it: `On ... wrote:` and its kin in English, Russian, Italian and German (over
 *   up to three lines), `-----Original Message-----`, the ruler of Outlook with From, Sent and Subject below it;
 * - a block of `>` lines to which nothing but quotations, blanks and a signature follow. Answers between quoted lines are
 *   left as they are.
 * A mail that is nothing but quotation has said something all the same: then all of it is the writer's own.
 */
import { cleanBlock, cleanLine } from './clean-text.ts';
import { textOfHtml } from './html-text.ts';

export interface SplitText {
  own: string;
  quoted: string;
}

const dividers: readonly RegExp[] = [
  /^[ \t]*[-_=*]{2,}[ \t]*(?:original message|original[- ]?nachricht|ursprüngliche nachricht|urspr\. nachricht|messaggio originale|messaggio inoltrato|исходное сообщение|оригинальное сообщение|пересылаемое сообщение|forwarded message|weitergeleitete nachricht)[ \t]*[-_=*]{0,20}[ \t]*$/iu,
  /^[ \t]*[-_=*]{2,}[ \t]*(?:reply above|please reply above|bitte oberhalb|antworten sie oberhalb|ответьте выше)/iu,
];
/** All of a group must be there, with a date or an address: `My lawyer wrote:` is the writer's own. */
const attributions: readonly (readonly RegExp[])[] = [
  [/^on\s/iu, /\swrote\s?:$/iu],
  [/^(?:am|le)\s/iu, /\s(?:schrieb|a écrit)(?:\s[^:]{0,150})?\s?:$/iu],
  [/\sschrieb(?:\s(?:am|um)\s.{0,150})?\s?:$/iu],
  [/^(?:il|in data)\s/iu, /\sha\sscritto\s?:$/iu],
  [/\s(?:пишет|писала?|написала?|написал\(а\))\s?:$/iu],
  [/\d{4}/, /[<«][^<>«»\s@]{1,64}@[^<>«»\s@]{1,200}[>»]\s?:$/u],
];
const fromField = /^[ \t]*\*?(?:from|von|da|от|отправитель)\s?:\*?\s*\S/iu;
const otherField =
  /^[ \t]*\*?(?:sent|date|to|subject|gesendet|datum|an|betreff|inviato|data|a|oggetto|отправлено|дата|кому|тема)\s?:\*?/iu;
const ruler = /^[ \t]*[_-]{5,}[ \t]*$/;
const quoteMark = /^[ \t]{0,3}>/;
const signatureMark = /^-- ?$/;
const maxFoldedLines = 3;
const maxSignatureLines = 12;
const maxLineChars = 400;

function isAttribution(lines: readonly string[], at: number): boolean {
  let joined = '';
  for (let k = 0; k < maxFoldedLines; k += 1) {
    const line = (lines[at + k] ?? '').replace(/^[> \t]+/, '').trim();
    if (line === '' || joined.length + line.length > maxLineChars) return false;
    joined = joined === '' ? line : `${joined} ${line}`;
    if (joined.endsWith(':'))
      return (
        /[\d@]/.test(joined) && attributions.some((group) => group.every((pattern) => pattern.test(joined)))
      );
  }
  return false;
}

/** From, and within the next lines two more of the fields that Outlook copies. */
function isFieldBlock(lines: readonly string[], at: number): boolean {
  if (!fromField.test((lines[at] ?? '').slice(0, maxLineChars))) return false;
  let others = 0;
  for (let k = 1; k <= 6; k += 1)
    if (otherField.test((lines[at + k] ?? '').slice(0, maxLineChars))) others += 1;
  return others >= 2;
}

function beginsQuote(lines: readonly string[], at: number): boolean {
  const line = lines[at] ?? '';
  if (line.length <= maxLineChars && dividers.some((pattern) => pattern.test(line))) return true;
  if (isFieldBlock(lines, at)) return true;
  if (ruler.test(line)) return isFieldBlock(lines, at + 1) || isFieldBlock(lines, at + 2);
  return isAttribution(lines, at);
}

/** Where the last block of quoted lines begins, if nothing of the writer's own follows it. */
function trailingBlock(lines: readonly string[]): number {
  let end = lines.length;
  const signature = lines.findLastIndex((line) => signatureMark.test(line));
  const behind = signature < 0 ? [] : lines.slice(signature + 1);
  // A signature of the writer may stand below the quotation; what is quoted below it makes it one above.
  if (behind.length > 0 && behind.length < maxSignatureLines && !behind.some((line) => quoteMark.test(line)))
    end = signature;
  let at = end;
  while (at > 0 && ((lines[at - 1] ?? '').trim() === '' || quoteMark.test(lines[at - 1] ?? ''))) at -= 1;
  while (at < end && (lines[at] ?? '').trim() === '') at += 1;
  return at < end ? at : lines.length;
}

/** Lines of it are looked at once for a beginning, and at most `maxFoldedLines` ahead: linear. */
export function splitQuoted(text: string): SplitText {
  const lines = text.replace(/\r\n?/g, '\n').split('\n');
  const block = trailingBlock(lines);
  let start = lines.findIndex((line, at) => at < block && line.trim() !== '' && beginsQuote(lines, at));
  if (start < 0) start = block;
  // What is quoted between answers of the writer is no trailing quotation, but an attribution above it begins one.
  const own = lines.slice(0, start).join('\n').trimEnd();
  if (own.trim() === '') return { own: text.trim(), quoted: '' };
  return { own, quoted: lines.slice(start).join('\n').trim() };
}

export interface QuotedMail {
  text: string;
  /** Sanitised already (safeHtml): it goes out in our name. */
  html?: string;
  from?: { name: string; address: string };
  sentAt?: number;
}

export interface ReplyBodies {
  text: string;
  html: string;
}

/** What is quoted is bounded, so that a long exchange does not double with each answer. */
const maxQuotedChars = 200_000;

export type QuoteLanguage = 'en' | 'ru' | 'it' | 'de';

const wrote: Record<QuoteLanguage, (at: string, who: string) => string> = {
  en: (at, who) => (at === '' ? `${who} wrote:` : `On ${at}, ${who} wrote:`),
  ru: (at, who) => (at === '' ? `${who} пишет:` : `${at}, ${who} пишет:`),
  it: (at, who) => (at === '' ? `${who} ha scritto:` : `Il ${at}, ${who} ha scritto:`),
  de: (at, who) => (at === '' ? `${who} schrieb:` : `Am ${at} schrieb ${who}:`),
};

const escapeHtml = (text: string): string =>
  text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
const htmlOfText = (text: string): string => escapeHtml(text).replace(/\n/g, '<br>\n');

/** RFC 3676 §4.5: one `>` a depth, a blank only before the text. */
const quoteLine = (line: string): string => (line.startsWith('>') ? `>${line}` : `> ${line}`.trimEnd());

function attribution(mail: QuotedMail, language: QuoteLanguage, timeZone: string): string {
  const { from, sentAt } = mail;
  const name = cleanLine(from?.name ?? '', 200);
  const address = cleanLine(from?.address ?? '', 320);
  const who = name !== '' && address !== '' ? `${name} <${address}>` : name || address || '?';
  const at =
    sentAt === undefined
      ? ''
      : new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
          dateStyle: 'long',
          timeStyle: 'short',
          timeZone,
        }).format(sentAt);
  return wrote[language](at, who);
}

/** `timeZone`: of the one who reads; UTC when it is not known. */
export function quoteReply(
  mail: QuotedMail,
  reply: string,
  { language = 'en', timeZone = 'UTC' }: { language?: QuoteLanguage; timeZone?: string } = {},
): ReplyBodies {
  const answer = cleanBlock(reply).trimEnd();
  const line = attribution(mail, language, timeZone);
  const original = (
    mail.text.trim() === '' && mail.html !== undefined ? textOfHtml(mail.html) : mail.text
  ).trim();
  const quoted = cleanBlock(original.slice(0, maxQuotedChars)).split('\n').map(quoteLine).join('\n');
  const isWhole = mail.html !== undefined && mail.html.length <= maxQuotedChars;
  const inner = isWhole ? (mail.html ?? '') : htmlOfText(cleanBlock(original.slice(0, maxQuotedChars)));
  const style = 'margin:0 0 0 0.8ex;border-left:1px solid #cccccc;padding-left:1ex';
  return {
    text: `${answer}\n\n${line}\n${quoted}\n`,
    html:
      `<div>${htmlOfText(answer)}</div>\n<br>\n<div>${escapeHtml(line)}</div>\n` +
      `<blockquote type="cite" style="${style}">\n${inner}\n</blockquote>\n`,
  };
}
