/**
 * One entry of the audit trail as a syslog message, RFC 5424. Pure. A library was looked for: those on npm write RFC 3164, or
 * leave structured data unescaped, or have not been touched for years; the grammar is a page.
 */
import { facilities, severities, siemEventOf } from './siem-events.ts';

export interface SyslogOrigin {
  hostname: string;
  version: string;
  processId: number;
  /** Private Enterprise Number behind the `@` of our structured data (§7.2.2); 32473 is the one for examples (RFC 5612). */
  enterpriseId: number;
}

export interface SiemEntry {
  /** Absent of what is no entry of the trail. */
  seq?: number;
  /** ms UTC */
  at: number;
  actor: string;
  action: string;
  target?: string;
  details: Readonly<Record<string, unknown>>;
}

const nil = '-';
/** §6.2.7: positive and of 31 bits; begins anew at 1. */
const maxSequence = 2_147_483_647;
const longestValue = 500;

/** Printable ASCII of the header (§6), cut to its bound. */
const headerField = (text: string, longest: number): string =>
  text.replace(/[^!-~]/g, '').slice(0, longest) || nil;

/** §6.3.3: `"`, `\` and `]` are escaped; control characters, which the grammar allows and collectors stumble over, are blanks. */
const escaped = (text: string): string => text.replace(/\p{Cc}/gu, ' ').replace(/["\\\]]/g, String.raw`\$&`);

const valueText = (value: unknown): string | undefined => {
  if (typeof value === 'string') return value.slice(0, longestValue);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return undefined;
};

/** §6.3.2: up to 32 signs, none of `=`, blank, `]`, `"`. */
const paramName = (name: string): string => name.replace(/[^A-Za-z0-9._-]/g, '').slice(0, 32);

function element(id: string, params: readonly (readonly [string, unknown])[]): string {
  const texts = params.flatMap(([name, value]) => {
    const text = valueText(value);
    return text === undefined ? [] : [` ${paramName(name)}="${escaped(text)}"`];
  });
  return `[${id}${texts.join('')}]`;
}

/** The whole message, without a frame. */
export function syslogMessage(entry: SiemEntry, origin: SyslogOrigin): string {
  const { facility, severity, says, fields = [] } = siemEventOf(entry.action);
  const priority = facilities[facility] * 8 + severities[severity];
  const header = [
    `<${priority}>1`,
    new Date(entry.at).toISOString(),
    headerField(origin.hostname, 255),
    'hearthline',
    String(origin.processId),
    headerField(entry.action, 32),
  ].join(' ');
  const ours = element(`hearthline@${origin.enterpriseId}`, [
    ['entry', entry.seq],
    ['actor', entry.actor],
    ['target', entry.target],
    ...fields.map((name) => [name, entry.details[name]] as const),
  ]);
  const meta =
    entry.seq === undefined ? '' : element('meta', [['sequenceId', ((entry.seq - 1) % maxSequence) + 1]]);
  const software = element('origin', [
    ['software', 'Hearthline'],
    ['swVersion', origin.version.slice(0, 32)],
  ]);
  return `${header} ${ours}${meta}${software} ${says}`;
}

/** RFC 5425 §4.3 and RFC 6587 §3.4.1: each message behind the count of its bytes. */
export function octetCounted(message: string): Buffer {
  const bytes = Buffer.from(message, 'utf8');
  return Buffer.concat([Buffer.from(`${bytes.length} `, 'latin1'), bytes]);
}
