/**
 * Watches what leaves the building: every few seconds it reads the kernel, then the ledgers of all our processes, says whose each
 * connection is, and writes it into the book of the day. What is nobody's is told at once. When a day is over its statement is
 * signed; while the audit trail cannot be read, that waits.
 *
 * Race stopped: the kernel is read before the ledgers, and a ledger has a connection before the kernel does; so what the kernel
 * showed and no ledger has was not opened by our code.
 */
import { z } from 'zod';
import {
  ledgerProtocols,
  type LedgerReport,
  type LedgerRow,
} from '../../sip/system/ledger/connection-ledger.ts';
import { nameServers } from '../../sip/system/ledger/this-machine.ts';
import type { EgressRow } from '../contract/rest-channels.ts';
import type { AuditHead, ResidencyAnswer, ResidencyRow } from '../contract/rest-residency.ts';
import { BookFiles } from './book-files.ts';
import { DayBook, emptyBook, isUnknown, type StoredBook } from './day-book.ts';
import type { KernelLook, KernelSighting } from '../../sip/system/ledger/kernel-look.ts';
import { type OwnerFacts, ownerOf } from './owners.ts';
import type { Statements, Written } from './statements.ts';

const reportSchema: z.ZodType<LedgerReport> = z.object({
  instance: z.string(),
  names: z.record(z.string(), z.string()),
  kernel: z
    .array(
      z.object({
        process: z.string(),
        protocol: z.enum(['tcp', 'udp']),
        address: z.string(),
        port: z.number(),
        localPort: z.number(),
      }),
    )
    .optional(),
  rows: z.array(
    z.object({
      protocol: z.enum(ledgerProtocols),
      address: z.string(),
      port: z.number(),
      ports: z.tuple([z.number(), z.number()]).optional(),
      hosts: z.array(z.string()),
      isAnswer: z.boolean(),
      opened: z.number(),
      open: z.number(),
      failed: z.number(),
      bytesOut: z.number(),
      bytesIn: z.number(),
      firstAt: z.number(),
      lastAt: z.number(),
    }),
  ),
}) as z.ZodType<LedgerReport>;

export interface WatchParts {
  /** Of the books: `<data>/residency/watch`. */
  bookDir: string;
  /** Of this process. */
  report: () => LedgerReport;
  /** Texts of `/connections` of the engines; empty where one does not answer. */
  engines: Readonly<Record<string, () => Promise<string>>>;
  kernel: Pick<KernelLook, 'look'>;
  egress: () => readonly EgressRow[];
  /** With each look: for the list of what systemd lets through. */
  keepEgress: (rows: readonly EgressRow[]) => Promise<void>;
  facts: () => Pick<OwnerFacts, 'phones' | 'trunks' | 'networks'>;
  statements: Pick<Statements, 'write' | 'hasDay' | 'last'>;
  house: string;
  /** Rejects while the trail cannot be read. */
  auditHead: () => Promise<AuditHead>;
  /** Of a row that is nobody's: once a day. */
  onUnknown: (row: ResidencyRow) => void;
  clock: { now(): number };
  logger: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

export const lookEveryMs = 5000;
/** A post that is on its way when its rule is taken away was still allowed. */
const allowedForMs = 120_000;
const keepEveryMs = 30_000;
const freshMs = 500;

export class ResidencyWatch {
  readonly #parts: WatchParts;
  readonly #files: BookFiles;
  #book: DayBook;
  /** Days that are over and not yet signed. */
  #over: StoredBook[] = [];
  #allowed = new Map<string, { row: EgressRow; until: number }>();
  #told = new Set<string>();
  #silent: string[] = [];
  #keptAt = 0;
  #lookedAtMs = -Infinity;
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  /** Why the oldest day that is over is not signed yet. */
  #lateReason: string | undefined;

  private constructor(parts: WatchParts, files: BookFiles, book: StoredBook, over: StoredBook[]) {
    this.#parts = parts;
    this.#files = files;
    this.#book = new DayBook(book);
    this.#over = over;
    this.#told = new Set(book.rows.filter(isUnknown).map(nameOf));
  }

  static async open(parts: WatchParts): Promise<ResidencyWatch> {
    const files = new BookFiles(parts.bookDir);
    const books = await files.load((file) =>
      parts.logger.warn({ file }, 'a book of what left the building cannot be read: it was put aside'),
    );
    const last = books.pop();
    return new ResidencyWatch(parts, files, last ?? emptyBook(parts.clock.now()), books);
  }

  start(): void {
    const turn = () =>
      this.look().catch((err: unknown) =>
        this.#parts.logger.warn({ err }, 'what leaves the building could not be watched'),
      );
    void turn();
    this.#timer ??= setInterval(() => void turn(), lookEveryMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.look();
    await this.#inTurn(() => this.#files.keep(this.#book.stored()));
  }

  /** Everything up to this moment. */
  look(): Promise<void> {
    return this.#inTurn(() => this.#lookNow());
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  async #lookNow(): Promise<void> {
    const seen = await this.#parts.kernel.look();
    const reports = await this.#reports();
    const sightings = allSightings(seen, reports);
    const now = this.#parts.clock.now();
    const facts = this.#facts(now);
    const over = this.#book.turn(now);
    if (over) await this.#endDay(over);
    this.#book.watch(now, this.#parts.egress());
    await this.#parts.keepEgress(this.#parts.egress());
    const moved = [...reports].flatMap(([process, report]) => {
      const owner = (row: LedgerRow) => ownerOf({ process, row, name: report.names[row.address] }, facts);
      return this.#book.take(process, report, owner);
    });
    moved.push(...this.#takeSightings(sightings, reports, facts, now));
    for (const row of moved) this.#tell(row);
    if (moved.length > 0 || now - this.#keptAt >= keepEveryMs) {
      this.#keptAt = now;
      await this.#files.keep(this.#book.stored());
    }
    this.#lookedAtMs = performance.now();
    await this.#signOver();
  }

  /** Of all processes; one that does not answer is named, and read again with what it then has. */
  async #reports(): Promise<Map<string, LedgerReport>> {
    const reports = new Map([['server', this.#parts.report()]]);
    const silent: string[] = [];
    for (const [name, ask] of Object.entries(this.#parts.engines)) {
      const report = reportOf(await ask());
      if (report) reports.set(name, report);
      else silent.push(name);
    }
    this.#silent = silent;
    return reports;
  }

  #facts(now: number): OwnerFacts {
    for (const row of this.#parts.egress())
      this.#allowed.set(JSON.stringify(row), { row, until: now + allowedForMs });
    for (const [key, { until }] of this.#allowed) if (until < now) this.#allowed.delete(key);
    const egress = [...this.#allowed.values()].map(({ row }) => row);
    return { ...this.#parts.facts(), egress, resolvers: nameServers() };
  }

  #takeSightings(
    sightings: readonly KernelSighting[],
    reports: ReadonlyMap<string, LedgerReport>,
    facts: OwnerFacts,
    now: number,
  ): ResidencyRow[] {
    const known = new Set(
      [...reports].flatMap(([process, { rows }]) =>
        rows.map(({ protocol, address, port }) => `${process} ${protocol} ${address} ${port}`),
      ),
    );
    // The C library's own questions: whether they may be asked is judged by the names, in the ledger.
    const isQuestion = ({ port, address }: KernelSighting) =>
      port === 53 && facts.resolvers.includes(address);
    // An engine that is silent could not say what is its own.
    const isHidden = ({ process }: KernelSighting) => this.#silent.includes(process);
    const strange = sightings.filter((one) => !known.has(nameOf(one)) && !isHidden(one) && !isQuestion(one));
    return this.#book.takeSightings(strange, now, () => ({ owner: 'unknown', usedBy: [], isAnswer: false }));
  }

  #tell(row: ResidencyRow): void {
    if (row.owner !== 'unknown' || this.#told.has(nameOf(row))) return;
    this.#told.add(nameOf(row));
    this.#parts.onUnknown(row);
  }

  async #endDay(over: StoredBook): Promise<void> {
    await this.#files.keep(over);
    this.#over.push(over);
    this.#told = new Set();
  }

  /** Of the days that are over, in order; while it cannot be done it is tried with each look. */
  async #signOver(): Promise<void> {
    for (;;) {
      const [book] = this.#over;
      if (!book) return;
      try {
        if (!this.#parts.statements.hasDay(book.day)) await this.#sign(book, 'day');
        await this.#files.drop(book.day);
        this.#over.shift();
        this.#lateReason = undefined;
      } catch (err) {
        if (this.#lateReason === undefined)
          this.#parts.logger.warn({ err, day: book.day }, 'the statement of residency cannot be signed yet');
        this.#lateReason = err instanceof Error ? err.message : 'unknown';
        return;
      }
    }
  }

  async #sign(book: StoredBook, covers: 'day' | 'so-far'): Promise<Written> {
    const { auditHead, statements, clock, logger } = this.#parts;
    const written = await statements.write(book, covers, await auditHead(), clock.now());
    logger.info({ file: written.file, number: written.number }, 'statement of residency signed');
    return written;
  }

  /** The days that are over; rejects with the reason where one cannot be signed. The newest statement, if there is any. */
  async signDue(): Promise<Written | undefined> {
    await this.look();
    if (this.#over.length > 0 && this.#lateReason !== undefined) throw new Error(this.#lateReason);
    return this.#parts.statements.last;
  }

  /** Of today up to now. */
  async signSoFar(): Promise<Written> {
    await this.look();
    return this.#inTurn(() => this.#sign(this.#book.stored(), 'so-far'));
  }

  get unknown(): number {
    return this.#book.rows(this.#parts.clock.now()).filter(isUnknown).length;
  }

  async answer(): Promise<ResidencyAnswer> {
    // Whoever asks again and again is told what was just seen.
    if (performance.now() - this.#lookedAtMs > freshMs) await this.look();
    const now = this.#parts.clock.now();
    const rows = this.#book.rows(now);
    const { lastLeftAt, watchedSince, day, spans } = this.#book;
    const { last } = this.#parts.statements;
    return {
      house: this.#parts.house,
      day,
      now,
      watched: structuredClone([...spans]),
      watchedSince,
      ...(lastLeftAt !== undefined && { lastLeftAt }),
      items: rows.filter((row) => !row.isAnswer),
      answers: rows.filter((row) => row.isAnswer),
      unknown: rows.filter(isUnknown).length,
      silent: [...this.#silent],
      ...(last && { statement: { number: last.number, day: last.day, file: last.file } }),
    };
  }
}

/** What we saw of all, and what each process saw of itself: one socket once. */
function allSightings(
  seen: readonly KernelSighting[],
  reports: ReadonlyMap<string, LedgerReport>,
): KernelSighting[] {
  const told = [...reports].flatMap(([process, { kernel = [] }]) =>
    kernel.map((one) => ({ ...one, process })),
  );
  const all = [...seen, ...told].map(
    (one) => [`${one.protocol} ${one.localPort} ${one.address} ${one.port}`, one] as const,
  );
  return [...new Map(all).values()];
}

const nameOf = ({
  process,
  protocol,
  address,
  port,
}: Pick<ResidencyRow, 'process' | 'protocol' | 'address' | 'port'>): string =>
  `${process} ${protocol} ${address} ${port}`;

function reportOf(text: string): LedgerReport | undefined {
  try {
    return reportSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
