/**
 * Senders from whom nothing is taken: kept in the store, held by heart for the check, which is asked for every mail, chat, form
 * and message. A change counts from the moment it is committed, in this process at once; what another process or a hand in the
 * database changed is seen within half a minute. A block that ends is asked for its end at each check, and is forgotten later.
 *
 * Race stopped: reading all of them while one is added. Changes and readings are done one after the other.
 */
import {
  blocksAtMost,
  endFault,
  type BlockFault,
  type BlockKind,
  type BlockPage,
  type BlockRequest,
  type BlockRow,
} from '../../contract/rest-quarantine.ts';
import { ipBytes, NetworkMap, parseNetwork } from '../../lib/network.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import { asciiOf, formsOfMail, normalForm, phoneOf } from './sender-forms.ts';

/** Where something came in; a label of a figure. */
export type Door = 'mail' | 'chat' | 'form' | 'webhook';
export const doors: readonly Door[] = ['mail', 'chat', 'form', 'webhook'];

export interface Sender {
  /** As the socket or the proxy has it. */
  readonly ip?: string | undefined;
  readonly mails?: readonly (string | undefined)[];
  readonly phone?: string | undefined;
}

/** What doors ask. */
export interface SenderCheck {
  /** True is counted. */
  isBlocked(door: Door, sender: Sender): boolean;
}

export interface BlockQuery {
  readonly find?: string | undefined;
  /** The same as domains are kept. */
  readonly findAscii?: string | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface BlockStorePort {
  /** Those in force. */
  all(now: number): Promise<BlockRow[]>;
  list(query: BlockQuery, now: number): Promise<BlockPage>;
  /** Forgets what has ended as well. */
  add(block: BlockRow, now: number, atMost: number): Promise<'added' | 'already-blocked' | 'full'>;
  /** Answers what it was. */
  remove(blockId: string, now: number): Promise<BlockRow | undefined>;
}

export interface BlockListParts {
  store: BlockStorePort;
  clock: ClockPort;
  newId(noun: string): string;
  logger: LoggerPort;
}

const lookEveryMs = 30_000;

/** Until when, by what is blocked. */
class BlockIndex {
  readonly size: number;
  readonly #values = new Map<string, number>();
  readonly #networks = new NetworkMap<number>();

  constructor(rows: readonly BlockRow[]) {
    this.size = rows.length;
    for (const row of rows) this.#put(row);
  }

  #put({ kind, value, endsAt = Number.POSITIVE_INFINITY }: BlockRow): void {
    const network = kind === 'network' ? parseNetwork(value) : undefined;
    if (network) this.#networks.set(network, endsAt);
    else this.#values.set(`${kind} ${value}`, endsAt);
  }

  holds({ ip, mails = [], phone }: Sender, now: number): boolean {
    if (this.size === 0) return false;
    const isIn = (kind: BlockKind, value: string): boolean =>
      (this.#values.get(`${kind} ${value}`) ?? -1) > now;
    const bytes = ip === undefined ? undefined : ipBytes(ip);
    if (bytes && this.#networks.of(bytes).some((endsAt) => endsAt > now)) return true;
    const number = phone === undefined ? undefined : phoneOf(phone);
    if (number !== undefined && isIn('phone', number)) return true;
    return mails.some((mail) => {
      const { addresses, domains } = formsOfMail(mail ?? '');
      return (
        addresses.some((one) => isIn('mail-address', one)) || domains.some((one) => isIn('mail-domain', one))
      );
    });
  }
}

export class BlockList implements SenderCheck {
  readonly #parts: BlockListParts;
  readonly #refused = new Map<Door, number>(doors.map((door) => [door, 0]));
  #index = new BlockIndex([]);
  #rows: readonly BlockRow[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(parts: BlockListParts) {
    this.#parts = parts;
  }

  /** Reads them, and from then on again and again. Rejects while the store is away: no door is to be opened then. */
  async start(): Promise<void> {
    await this.#inTurn(() => this.#read());
    this.#sleep();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  get size(): number {
    return this.#index.size;
  }

  /** How many were refused or kept back since the start. */
  refused(): ReadonlyMap<Door, number> {
    return this.#refused;
  }

  isBlocked(door: Door, sender: Sender): boolean {
    const isBlocked = this.#index.holds(sender, this.#parts.clock.now());
    if (isBlocked) this.#refused.set(door, (this.#refused.get(door) ?? 0) + 1);
    return isBlocked;
  }

  list(query: BlockQuery): Promise<BlockPage> {
    const findAscii = asciiOf(query.find ?? '');
    return this.#parts.store.list({ ...query, findAscii }, this.#parts.clock.now());
  }

  /** In force when it resolves. */
  add(
    { kind, value, reason, endsAt }: BlockRequest,
    by: string,
  ): Promise<{ block: BlockRow } | { fault: BlockFault } | { conflict: 'already-blocked' | 'full' }> {
    return this.#inTurn(async () => {
      const { store, clock } = this.#parts;
      const since = clock.now();
      const form = normalForm(kind, value);
      if ('fault' in form) return form;
      const fault = endFault(endsAt, since);
      if (fault) return { fault };
      const ends = endsAt === undefined ? {} : { endsAt };
      const block = {
        blockId: this.#parts.newId('block'),
        kind,
        value: form.value,
        reason,
        by,
        since,
        ...ends,
      };
      const outcome = await store.add(block, since, blocksAtMost);
      if (outcome !== 'added') return { conflict: outcome };
      this.#hold([...this.#rows, block]);
      return { block };
    });
  }

  remove(blockId: string): Promise<BlockRow | undefined> {
    return this.#inTurn(async () => {
      const block = await this.#parts.store.remove(blockId, this.#parts.clock.now());
      this.#hold(this.#rows.filter((row) => row.blockId !== blockId));
      return block;
    });
  }

  #hold(rows: readonly BlockRow[]): void {
    this.#rows = rows;
    this.#index = new BlockIndex(rows);
  }

  async #read(): Promise<void> {
    const { store, clock } = this.#parts;
    this.#hold(await store.all(clock.now()));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  #sleep(): void {
    clearTimeout(this.#timer);
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      this.#inTurn(() => this.#read())
        .catch((err: unknown) => this.#parts.logger.warn({ err }, 'blocked senders could not be read now'))
        .finally(() => this.#sleep());
    }, lookEveryMs);
    this.#timer.unref();
  }
}
