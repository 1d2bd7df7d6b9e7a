/**
 * What was seen of one day (UTC): rows of peers by process, when it was watched, what the site allowed. Reports of processes hold
 * figures since their start, so what came in between is added, and a process that was started anew begins at 0. Pure: it is
 * given the time and opens no file; `stored` is what a file keeps of it, so that a restart loses no more than the last seconds.
 */
import { z } from 'zod';
import { type LedgerReport, type LedgerRow, otherPeers } from '../../sip/system/ledger/connection-ledger.ts';
import {
  allowedSpanSchema,
  type AllowedSpan,
  type ResidencyRow,
  residencyRowSchema,
  spanSchema,
  type Span,
} from '../contract/rest-residency.ts';
import type { EgressRow } from '../contract/rest-channels.ts';
import type { KernelSighting } from '../../sip/system/ledger/kernel-look.ts';
import type { Owned } from './owners.ts';

const figures = z.tuple([z.number(), z.number(), z.number(), z.number()]);
export const storedBookSchema = z.object({
  version: z.literal(1),
  day: z.iso.date(),
  watchedSince: z.number().int(),
  lastLeftAt: z.number().int().optional(),
  watched: z.array(spanSchema),
  allowed: z.array(allowedSpanSchema),
  rows: z.array(residencyRowSchema),
  /** By process: which start of it, and its figures when they were last read. */
  read: z.record(z.string(), z.object({ instance: z.string(), rows: z.record(z.string(), figures) })),
});
export type StoredBook = z.infer<typeof storedBookSchema>;
type Figures = z.infer<typeof figures>;

/** Between two looks; a longer silence is a gap that is told. */
const gapMs = 60_000;
const rowsAtMost = 20_000;

export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

const ledgerKey = ({ protocol, address, port }: Pick<LedgerRow, 'protocol' | 'address' | 'port'>): string =>
  `${protocol} ${address} ${port}`;
const rowKey = (process: string, row: Pick<LedgerRow, 'protocol' | 'address' | 'port'>): string =>
  `${process} ${ledgerKey(row)}`;

export const isUnknown = ({ owner, unknownAt }: ResidencyRow): boolean =>
  owner === 'unknown' || unknownAt !== undefined;

export function emptyBook(now: number): StoredBook {
  return {
    version: 1,
    day: dayOf(now),
    watchedSince: now,
    watched: [],
    allowed: [],
    rows: [],
    read: {},
  };
}

export class DayBook {
  #book: StoredBook;
  #rows: Map<string, ResidencyRow>;

  constructor(book: StoredBook) {
    this.#book = book;
    this.#rows = new Map(book.rows.map((row) => [rowKey(row.process, row), row]));
    // Whoever had them open is asked again.
    for (const row of this.#rows.values()) row.open = 0;
  }

  get day(): string {
    return this.#book.day;
  }

  /** The day that is over, if one is: its book, as it was; a new one begins. */
  turn(now: number): StoredBook | undefined {
    const day = dayOf(now);
    // A clock that was set back begins no day anew.
    if (day <= this.#book.day) return undefined;
    const over = this.stored();
    const last = over.watched.at(-1);
    const midnight = Date.parse(`${day}T00:00:00.000Z`);
    const isUnbroken = last !== undefined && now - last.to <= gapMs;
    if (isUnbroken) last.to = midnight;
    const { watchedSince, lastLeftAt, read } = this.#book;
    const watched = isUnbroken ? [{ from: midnight, to: now }] : [];
    this.#book = { ...emptyBook(now), watchedSince, watched, read };
    if (lastLeftAt !== undefined) this.#book.lastLeftAt = lastLeftAt;
    // What is open goes on: it is in the new day as well, with what it sends from now on.
    const open = [...this.#rows.values()].filter((row) => row.open > 0);
    this.#rows = new Map(
      open.map((row) => [
        rowKey(row.process, row),
        { ...row, opened: 0, failed: 0, ...(row.bytesOut !== undefined && { bytesOut: 0, bytesIn: 0 }) },
      ]),
    );
    return over;
  }

  /** It is watched at this moment, and this is allowed. */
  watch(now: number, allowed: readonly EgressRow[]): void {
    const { watched } = this.#book;
    const last = watched.at(-1);
    if (last && now - last.to <= gapMs) last.to = Math.max(last.to, now);
    else watched.push({ from: now, to: now });
    for (const row of allowed) this.#allow(row, now);
  }

  #allow(row: EgressRow, now: number): void {
    const isSame = (one: AllowedSpan) =>
      one.host === row.host &&
      one.port === row.port &&
      one.purpose === row.purpose &&
      one.protocol === row.protocol &&
      one.usedBy.join('\n') === row.usedBy.join('\n') &&
      now - one.to <= gapMs;
    const known = this.#book.allowed.find(isSame);
    if (known) known.to = now;
    else this.#book.allowed.push({ ...row, usedBy: [...row.usedBy], from: now, to: now });
  }

  /** Takes what a process reports; the rows that moved since it last did. */
  take(process: string, report: LedgerReport, ownerOf: (row: LedgerRow) => Owned): ResidencyRow[] {
    const before = this.#book.read[process];
    const known = before?.instance === report.instance ? before.rows : {};
    const read: Record<string, Figures> = {};
    for (const row of this.#rows.values())
      if (row.process === process && row.seenBy === 'process') row.open = 0;
    const moved: ResidencyRow[] = [];
    for (const reported of report.rows) {
      const name = report.names[reported.address];
      // A library that looks names up by itself connects to an address.
      const row = name === undefined ? reported : { ...reported, hosts: [...reported.hosts, name] };
      const key = ledgerKey(row);
      const now: Figures = [row.opened, row.failed, row.bytesOut, row.bytesIn];
      read[key] = now;
      const [opened, failed, bytesOut, bytesIn] = known[key] ?? [0, 0, 0, 0];
      const more: Figures = [
        row.opened - opened,
        row.failed - failed,
        row.bytesOut - bytesOut,
        row.bytesIn - bytesIn,
      ];
      const isMoved = more.some((count) => count > 0);
      if (!isMoved && row.open === 0) continue;
      const kept = this.#keep(process, row, ownerOf(row));
      this.#add(kept, row, more, isMoved);
      if (isMoved) moved.push(kept);
    }
    this.#book.read[process] = { instance: report.instance, rows: read };
    return moved;
  }

  #keep(
    process: string,
    row: LedgerRow,
    owned: Owned,
    seenBy: ResidencyRow['seenBy'] = 'process',
  ): ResidencyRow {
    const isFull = this.#rows.size >= rowsAtMost;
    let peer = { protocol: row.protocol, address: row.address, port: row.port };
    if (isFull && !this.#rows.has(rowKey(process, peer)))
      peer = { protocol: row.protocol, address: otherPeers, port: owned.isAnswer ? 1 : 0 };
    const key = rowKey(process, peer);
    const known = this.#rows.get(key);
    const kept: ResidencyRow = known ?? {
      process,
      ...peer,
      hosts: [],
      ...owned,
      seenBy,
      state: 'idle',
      opened: 0,
      open: 0,
      failed: 0,
      // Who asks for names is the C library: how much that was is not known.
      ...(row.protocol !== 'dns' && seenBy === 'process' && { bytesOut: 0, bytesIn: 0 }),
      firstAt: row.firstAt,
      lastAt: row.lastAt,
    };
    if (!known) this.#rows.set(key, kept);
    // A phone that signs off is answered as the one that it was.
    const isStillKnown = known?.isAnswer && owned.owner === 'stranger';
    if (!isStillKnown) Object.assign(kept, owned);
    if (owned.owner === 'unknown') kept.unknownAt ??= row.lastAt;
    return kept;
  }

  #add(
    kept: ResidencyRow,
    row: LedgerRow,
    [opened, failed, bytesOut, bytesIn]: Figures,
    isMoved: boolean,
  ): void {
    const more = (count: number) => Math.max(0, count);
    kept.opened += more(opened);
    kept.failed += more(failed);
    if (kept.bytesOut !== undefined) kept.bytesOut += more(bytesOut);
    if (kept.bytesIn !== undefined) kept.bytesIn += more(bytesIn);
    kept.open = row.open;
    if (isMoved) kept.lastAt = Math.max(kept.lastAt, row.lastAt);
    kept.hosts = [...new Set([...kept.hosts, ...row.hosts])].slice(0, 50);
    if (row.ports) kept.ports = row.ports;
    if (isMoved && !kept.isAnswer) this.#book.lastLeftAt = Math.max(this.#book.lastLeftAt ?? 0, row.lastAt);
  }

  /** What the kernel knows and no ledger does. The rows that are new. */
  takeSightings(
    sightings: readonly KernelSighting[],
    now: number,
    ownerOf: (sighting: KernelSighting) => Owned,
  ): ResidencyRow[] {
    for (const row of this.#rows.values()) if (row.seenBy === 'kernel') row.open = 0;
    const fresh: ResidencyRow[] = [];
    for (const sighting of sightings) {
      const { process, protocol, address, port } = sighting;
      const peer = { protocol, address, port };
      const isNew = !this.#rows.has(rowKey(process, peer));
      const counts = { opened: 0, open: 0, failed: 0, bytesOut: 0, bytesIn: 0 };
      const row: LedgerRow = { ...peer, hosts: [], isAnswer: false, ...counts, firstAt: now, lastAt: now };
      const kept = this.#keep(process, row, ownerOf(sighting), 'kernel');
      if (kept.seenBy !== 'kernel') continue;
      kept.open += 1;
      kept.opened = Math.max(kept.opened, kept.open);
      kept.lastAt = now;
      this.#book.lastLeftAt = now;
      if (isNew) fresh.push(kept);
    }
    return fresh;
  }

  stored(): StoredBook {
    return structuredClone({ ...this.#book, rows: this.rows(this.#book.watched.at(-1)?.to ?? 0) });
  }

  get spans(): readonly Span[] {
    return this.#book.watched;
  }

  get watchedSince(): number {
    return this.#book.watchedSince;
  }

  get lastLeftAt(): number | undefined {
    return this.#book.lastLeftAt;
  }

  /** In a steady order, with what state each is in now. */
  rows(now: number): ResidencyRow[] {
    const rows = [...this.#rows.values()].map((row) => ({ ...row, state: stateOf(row, now) }));
    return rows.sort(
      (a, b) => a.firstAt - b.firstAt || (rowKey(a.process, a) < rowKey(b.process, b) ? -1 : 1),
    );
  }
}

/** Datagrams have no end: one that was used a moment ago is open. */
const datagramOpenMs = 30_000;

function stateOf(row: ResidencyRow, now: number): ResidencyRow['state'] {
  if (row.open > 0) return 'open';
  if (row.protocol === 'tcp')
    return row.seenBy === 'process' && row.failed >= row.opened && row.failed > 0 ? 'failed' : 'idle';
  return now - row.lastAt <= datagramOpenMs ? 'open' : 'idle';
}
