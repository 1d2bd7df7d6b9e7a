// The torture messages of RFC 4475 and RFC 5118, byte for byte, and the outcomes each may have.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export type TortureMessage = {
  readonly set: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Codes, `2xx`, `none` (no response) or `liberal` (processed as if the fault were not there). */
  readonly allowed: readonly string[];
  readonly must: readonly string[];
  readonly note: string;
};

const dir = fileURLToPath(new URL('../../../../shared/sip-torture/', import.meta.url));

export const hasTortureMessages = (): boolean => existsSync(dir);

export function readTortureMessages(set: 'rfc4475' | 'rfc5118'): TortureMessage[] {
  const file = path.join(dir, set, 'expectations.json');
  const { messages } = JSON.parse(readFileSync(file, 'utf8')) as {
    messages: readonly {
      name: string;
      file: string;
      outcome_ok: string[];
      must?: string[];
      note: string;
      fixed_cl_file?: string | null;
    }[];
  };
  return messages.flatMap((message) =>
    [message.file, ...(message.fixed_cl_file ? [message.fixed_cl_file] : [])].map((name) => ({
      set,
      name: name.replace('.dat', ''),
      bytes: readFileSync(path.join(dir, set, name)),
      // The archive's own Content-Length is wrong in three messages: 400 is right for those as they are.
      allowed:
        message.fixed_cl_file && name === message.file ? [...message.outcome_ok, '400'] : message.outcome_ok,
      must: message.must ?? [],
      note: message.note,
    })),
  );
}

const normalAnswers = [401, 403, 404, 405, 407, 415, 416, 420, 480, 481, 486, 488, 501, 503];

export function isAllowed(message: TortureMessage, status: number | 'none'): boolean {
  if (status === 'none') return message.allowed.includes('none');
  if (message.allowed.includes(String(status))) return true;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && (message.allowed.includes('2xx') || message.allowed.includes('liberal'))) return true;
  return message.allowed.includes('liberal') && normalAnswers.includes(status);
}
