/** Writes the list of events in docs/siem-events.md out of its catalogue. Run as a program it writes the file; the test compares. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { facilities, severities, siemEvents, type SiemEvent } from '../../server/audit/siem-events.ts';

export const siemPage = fileURLToPath(new URL('../../docs/siem-events.md', import.meta.url));
const [begin, end] = ['<!-- events: begin -->', '<!-- events: end -->'];

function table(): string {
  const lines = Object.entries(siemEvents as Readonly<Record<string, SiemEvent>>).map(
    ([action, { facility, severity, says, fields = [] }]) => {
      const priority = facilities[facility] * 8 + severities[severity];
      const names = fields.map((name) => `\`${name}\``).join(', ');
      return `| \`${action}\` | ${severity} | ${facility} | ${priority} | ${says} | ${names} |`;
    },
  );
  return [
    '| MSGID | severity | facility | PRI | message | details |',
    '| --- | --- | --- | --- | --- | --- |',
    ...lines,
  ].join('\n');
}

export async function siemPageText(): Promise<string> {
  const page = readFileSync(siemPage, 'utf8');
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined) throw new Error('docs/siem-events.md has lost its marks');
  return format(`${before}${begin}\n\n${table()}\n\n${end}${after}`, { parser: 'markdown', printWidth: 110 });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(siemPage, await siemPageText());
