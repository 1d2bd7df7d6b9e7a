/**
 * What may be attached: rules of size and ending, then the bank's virus scanner, if the site names one: clamd, asked by its
 * INSTREAM command (clamd(8)). A file that the scanner cannot be asked about is kept and not opened (`unchecked`): nothing
 * is lost, and nothing unknown is handed on.
 */
import { connect, type Socket } from 'node:net';
import type { StoredFile } from '../app/text/channel.ts';
import type { FileCheckPort } from '../app/text/ports.ts';
import { fileRulesSchema, type SiteFileRules } from '../contract/site-text.ts';
import type { Site } from '../contract/site.ts';

const chunkBytes = 64 * 1024;
export const scanBoundMs = 30_000;

export const fileRulesOf = (site: Site): SiteFileRules => site.files ?? fileRulesSchema.parse({});

/** The last ending counts, and that before a second one that programs hide: `bill.pdf.exe`, `bill.exe.`. */
export function hasRefusedEnding(name: string, refused: readonly string[]): boolean {
  const endings = name
    .toLowerCase()
    .replace(/[\s.]+$/, '')
    .split('.')
    .slice(1);
  const last = endings.at(-1)?.trim();
  return last !== undefined && refused.includes(last);
}

export function createFileCheck(site: () => Site): FileCheckPort {
  return {
    async check({ name, content }) {
      const rules = fileRulesOf(site());
      if (content.byteLength > rules.maxMegabytes * 1_000_000) return 'size';
      if (hasRefusedEnding(name, rules.refuse)) return 'type';
      return rules.clamd ? scan(rules.clamd, content) : undefined;
    },
  };
}

async function scan(
  clamd: NonNullable<SiteFileRules['clamd']>,
  content: Uint8Array,
): Promise<StoredFile['refused']> {
  try {
    const answer = await ask(clamd, content);
    if (answer.endsWith('FOUND')) return 'virus';
    return answer.endsWith('OK') ? undefined : 'unchecked';
  } catch {
    return 'unchecked';
  }
}

/** `zINSTREAM\0`, then chunks with their lengths, then a length of zero; the answer ends with NUL. */
function ask(clamd: NonNullable<SiteFileRules['clamd']>, content: Uint8Array): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: Socket =
      'socket' in clamd ? connect(clamd.socket) : connect({ host: clamd.host, port: clamd.port });
    let answer = '';
    socket.setTimeout(scanBoundMs, () => socket.destroy(new Error('the scanner does not answer')));
    socket.on('error', reject);
    socket.on('data', (data: Buffer) => {
      answer += data.toString('latin1');
    });
    socket.on('close', () => resolve(answer.replace(/\0.*$/s, '').trim()));
    socket.write('zINSTREAM\0');
    for (let at = 0; at < content.byteLength; at += chunkBytes) {
      const chunk = content.subarray(at, at + chunkBytes);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(chunk.byteLength);
      socket.write(length);
      socket.write(chunk);
    }
    socket.end(Buffer.alloc(4));
  });
}
