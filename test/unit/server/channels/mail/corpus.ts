/** The awkward mails of ../shared/mail-corpus; third-party data that is read where it lies and not kept here. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readMail, type ReadMail } from '../../../../../server/channels/mail/read-mail.ts';

const dir = fileURLToPath(new URL('../../../../../../shared/mail-corpus/', import.meta.url));

export const hasCorpus = (): boolean => existsSync(join(dir, 'manifest.json'));

export interface CorpusMail {
  file: string;
  must: string;
}

export const corpusMails = (): CorpusMail[] =>
  (JSON.parse(readFileSync(join(dir, 'manifest.json'), 'utf8')) as { messages: CorpusMail[] }).messages;

export const rawMail = (file: string): Buffer => readFileSync(join(dir, file));

export async function mailOf(raw: Uint8Array | string): Promise<ReadMail> {
  const mail = await readMail(typeof raw === 'string' ? Buffer.from(raw) : raw);
  if ('isUnreadable' in mail) throw new Error(`unreadable: ${mail.reason}`);
  return mail;
}

/** A small mail of our own: fields as given, then the body. */
export const mailText = (fields: readonly string[], body = 'Hello'): string =>
  [...fields, '', body, ''].join('\r\n');
export const ordinary = ['From: Anna <anna@customer.example>', 'To: help@bank.example', 'Subject: Question'];
