/** The proof of residency as text for a terminal. Pure. */
import type { KernelSighting } from '../../../sip/system/ledger/kernel-look.ts';
import type { SentCount } from './sent-counters.ts';
import type { ResidencyAnswer, ResidencyRow } from '../../../server/contract/rest-residency.ts';

const instant = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;

const units = ['B', 'KB', 'MB', 'GB', 'TB'];
export function bytesText(bytes: number | undefined): string {
  if (bytes === undefined) return '?';
  const step = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${step === 0 ? value : value.toFixed(1)} ${units[step]}`;
}

export const placeText = ({ address, port, ports, hosts }: ResidencyRow): string => {
  const range = ports && (ports[0] === ports[1] ? String(ports[0]) : `${ports[0]}-${ports[1]}`);
  const host = address.includes(':') ? `[${address}]` : address;
  const place = address === '*' ? 'more peers than are listed' : `${host}:${range ?? port}`;
  return hosts.length === 0 ? place : `${place} (${hosts.slice(0, 3).join(', ')})`;
};

const ownerText = ({ owner, usedBy }: ResidencyRow): string =>
  owner === 'unknown'
    ? 'NOBODY'
    : usedBy.length === 0
      ? owner
      : `${owner} ${usedBy.slice(0, 3).join(', ')}${usedBy.length > 3 ? ', ...' : ''}`;

const head = ['process', 'whose', 'to', 'by', 'state', 'out', 'in', 'since (UTC)', 'last (UTC)'];

function table(rows: readonly ResidencyRow[]): string[] {
  const time = (at: number) => new Date(at).toISOString().slice(11, 19);
  const lines = rows.map((row) => [
    row.process + (row.seenBy === 'kernel' ? ' (kernel)' : ''),
    ownerText(row) + (row.unknownAt !== undefined && row.owner !== 'unknown' ? ' (nobody before)' : ''),
    placeText(row),
    row.protocol,
    row.state,
    bytesText(row.bytesOut),
    bytesText(row.bytesIn),
    time(row.firstAt),
    time(row.lastAt),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]!.length)),
  );
  return [head, ...lines].map((line) =>
    line
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

export function answerText(answer: ResidencyAnswer): string {
  const { day, items, answers, unknown, silent, watchedSince, lastLeftAt, statement, house } = answer;
  const since = lastLeftAt ?? watchedSince;
  const lines = [`House ${house.slice(0, 16)}, ${day} (UTC), watched since ${instant(watchedSince)}.`];
  if (items.length === 0) lines.push(`Nothing has left the building since ${instant(since)}.`);
  else lines.push('', 'Opened by our side:', ...table(items));
  if (answers.length > 0) lines.push('', 'Answers to those who came to us:', ...table(answers));
  lines.push('');
  if (unknown > 0)
    lines.push(
      `${unknown} of these are, or were today, nobody's: no connector of the site owns them. Find out what opened them.`,
    );
  for (const process of silent)
    lines.push(`The process "${process}" did not answer: what it sends now is missing here.`);
  lines.push(
    statement
      ? `Newest statement: ${statement.number}, of ${statement.day} (${statement.file}).`
      : 'There is no signed statement yet: the first is made when this day is over.',
  );
  return lines.join('\n');
}

const sentAtMost = 100;

export function sentText(sent: readonly SentCount[]): string[] {
  const lines = sent
    .slice(0, sentAtMost)
    .map(
      ({ process, address, port, protocol, packets, bytes }) =>
        `  ${process} to ${address} port ${port} ${protocol}: ${packets} packets, ${bytesText(bytes)}`,
    );
  const rest = sent.length > sentAtMost ? [`  and ${sent.length - sentAtMost} more`] : [];
  const none = sent.length === 0 ? ['  nothing'] : [];
  return [
    '',
    "Sent by our users, by the kernel's own counters, headers included:",
    ...lines,
    ...rest,
    ...none,
  ];
}

export const sightingText = ({ process, protocol, address, port }: KernelSighting): string =>
  `The kernel shows a ${protocol} connection of ${process} to ${address} port ${port} that the server does not list.`;
