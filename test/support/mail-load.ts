/**
 * Mails for a measurement: our own, of the sizes and kinds that customers send, each known by a mark in its subject, and
 * among them the awkward ones of ../shared/mail-corpus where that is there.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const corpusDir = resolve(import.meta.dirname, '../../../shared/mail-corpus');

export interface MailLoad {
  mails: (string | Buffer)[];
  /** Of ours, without copies: one message of each must be kept. */
  marks: string[];
  /** Copies of ours, which must be found to be such. */
  copies: number;
  /** Of the corpus; 0 where it is not here. */
  corpus: number;
}

/** Every hundredth of ours comes twice, every tenth is an answer to an earlier one, every twentieth brings a file. */
export function mailLoad(count: number): MailLoad {
  const corpus = corpusMails().slice(0, Math.floor(count / 4));
  const load: MailLoad = { mails: [], marks: [], copies: 0, corpus: corpus.length };
  for (let n = 1; load.mails.length < count - corpus.length; n += 1) {
    load.marks.push(markOf(n));
    load.mails.push(ownMail(n));
    if (n % 100 !== 0 || load.mails.length >= count - corpus.length) continue;
    load.mails.push(ownMail(n));
    load.copies += 1;
  }
  // Spread evenly among ours.
  const step = Math.floor(load.mails.length / Math.max(1, corpus.length));
  corpus.forEach((mail, i) => load.mails.splice(i * (step + 1), 0, mail));
  return load;
}

function corpusMails(): Buffer[] {
  if (!existsSync(corpusDir)) return [];
  const files = readdirSync(corpusDir).filter((name) => name.endsWith('.eml'));
  return files.toSorted().map((name) => readFileSync(resolve(corpusDir, name)));
}

const markOf = (n: number): string => `request ${String(n).padStart(6, '0')}`;
const idOf = (n: number): string => `<request-${n}@customers.example>`;
const senderOf = (n: number): string => `customer${n}@customers.example`;

const sentence = 'I wrote to you about my account and have not heard, so I ask again what became of it. ';

function ownMail(n: number): string {
  // An answer comes from the sender of what it answers, else it would be a thread of its own.
  const answered = n % 10 === 0 ? n - 9 : undefined;
  const head = [
    `From: Customer ${n} <${senderOf(answered ?? n)}>`,
    'To: help@bank.example',
    `Subject: ${answered === undefined ? '' : 'Re: '}${markOf(n)}`,
    `Message-ID: ${idOf(n)}`,
    ...(answered === undefined ? [] : [`In-Reply-To: ${idOf(answered)}`, `References: ${idOf(answered)}`]),
    'MIME-Version: 1.0',
  ];
  const text = sentence.repeat(3 + (n % 20));
  if (n % 20 === 7) return withFile(head, text, n);
  if (n % 4 === 1) return withHtml(head, text);
  return [...head, 'Content-Type: text/plain; charset=utf-8', '', text, ''].join('\r\n');
}

function withHtml(head: string[], text: string): string {
  const html = `<html><body><p style="color:#333">${text}</p><table>${'<tr><td>a</td><td>b</td></tr>'.repeat(60)}</table></body></html>`;
  return [
    ...head,
    'Content-Type: multipart/alternative; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '--b',
    'Content-Type: text/html; charset=utf-8',
    '',
    html,
    '--b--',
    '',
  ].join('\r\n');
}

/** 60 KB, of every mail another. */
function withFile(head: string[], text: string, n: number): string {
  const content = Buffer.alloc(60_000, `scan ${n} `).toString('base64').replace(/.{76}/g, '$&\r\n');
  return [
    ...head,
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain; charset=utf-8',
    '',
    text,
    '--b',
    `Content-Type: application/pdf; name="scan-${n}.pdf"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="scan-${n}.pdf"`,
    '',
    content,
    '--b--',
    '',
  ].join('\r\n');
}
