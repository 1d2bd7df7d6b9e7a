/**
 * One customer's chat while somebody looks at it: its lines as the customer numbers them, its state, its open sockets (tabs).
 * Lines are read from the store in the order in which they were committed, so all tabs see the same, and a number never
 * belongs to two lines. Knows no HTTP.
 * Race stopped: two messages at once. Neither is shown as it comes: each asks for what is new in the store, one question at
 * a time, and there the order stands.
 */
import type { ChatFrame, ChatLine, ChatState } from '../../contract/chat.ts';
import type { ChatSession, ChatStorePort, StoredLine } from './chat-store.ts';

export interface ChatSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  close(code: number, reason: string): void;
}

const maxBufferedBytes = 500_000;
/** A person opens a few tabs, and writes a few hundred lines at most. */
const tabsAtMost = 20;
const linesAtMost = 2000;

/** A picture is fetched by its address alone, so the token stands in it. */
export const fileUrl = (attachmentId: string, token: string): string =>
  `/chat/files/${attachmentId}?token=${token}`;

export class LiveChat {
  session: ChatSession;
  readonly #store: ChatStorePort;
  readonly #nameOf: (agentId: string) => string | undefined;
  /** The session's secret, once a tab has told it: a file is fetched with it. */
  token = '';
  readonly #sockets = new Set<ChatSocket>();
  readonly #lines: ChatLine[] = [];
  #lastThreadSeq = 0;
  #reading: Promise<void> | undefined;
  #isAskedAgain = false;
  #turn: Promise<unknown> = Promise.resolve();
  #state: ChatState = { phase: 'waiting' };
  #underWay = 0;
  #saidByCustomer = 0;
  /** Bytes that the customer has sent up since it was loaded. */
  uploadedBytes = 0;
  /** Of the last line of each side, ms UTC. */
  lastCustomerAt = 0;
  lastAgentAt = 0;
  emptySince: number | undefined;
  warnedAt: number | undefined;
  /** An agent has had it, as far as was seen since it was loaded. */
  wasTaken = false;
  /** Of the texts for who waits, by their time: those that are known to be said. */
  readonly saidAfterSec = new Set<number>();
  /** Since when its contact is over without its end having been written down. */
  overSince: number | undefined;

  constructor(parts: {
    session: ChatSession;
    store: ChatStorePort;
    nameOf: (agentId: string) => string | undefined;
    /** Nobody looks yet. */
    loadedAt: number;
  }) {
    this.emptySince = parts.loadedAt;
    this.session = parts.session;
    this.#store = parts.store;
    this.#nameOf = parts.nameOf;
  }

  get state(): ChatState {
    return this.#state;
  }

  get tabs(): number {
    return this.#sockets.size;
  }

  get isFull(): boolean {
    return this.#saidByCustomer >= linesAtMost;
  }

  /** Something waits its turn. */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** False: too many tabs. */
  join(socket: ChatSocket, after: number, serverAt: number): boolean {
    if (this.#sockets.size >= tabsAtMost) return false;
    this.#sockets.add(socket);
    this.emptySince = undefined;
    const lines = this.#lines.filter(({ seq }) => seq > after).map((line) => this.#shown(line));
    this.#send(socket, { type: 'welcome', state: this.#state, lines, serverAt });
    return true;
  }

  leave(socket: ChatSocket, at: number): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.emptySince ??= at;
  }

  /** The line that this client id of the customer became. */
  seqOf(clientId: string): number | undefined {
    return this.#lines.find((line) => line.clientId === clientId)?.seq;
  }

  /** Reads what is new, once for all who ask meanwhile. */
  refresh(): Promise<void> {
    this.#isAskedAgain = true;
    this.#reading ??= this.#readAll().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readAll(): Promise<void> {
    while (this.#isAskedAgain) {
      this.#isAskedAgain = false;
      const { threadId } = this.session;
      if (threadId === undefined) return;
      const found = await this.#store.lines(threadId, this.#lastThreadSeq);
      const lines = found.map((line) => this.#numbered(line));
      if (lines.length > 0) this.tell({ type: 'lines', lines: lines.map((line) => this.#shown(line)) });
    }
  }

  #numbered({ threadSeq, agentId, attachments, ...rest }: StoredLine): ChatLine {
    const name = agentId === undefined ? undefined : this.#nameOf(agentId);
    const line: ChatLine = {
      ...rest,
      seq: this.#lines.length + 1,
      attachments: attachments.map((one) => ({ ...one, url: '' })),
      ...(name !== undefined && { name }),
    };
    this.#lastThreadSeq = threadSeq;
    this.#lines.push(line);
    if (line.from === 'customer') {
      this.#saidByCustomer += 1;
      this.lastCustomerAt = line.at;
      this.warnedAt = undefined;
    }
    if (line.from === 'agent') this.lastAgentAt = line.at;
    return line;
  }

  #shown(line: ChatLine): ChatLine {
    if (line.attachments.length === 0) return line;
    const attachments = line.attachments.map((one) => ({
      ...one,
      url: fileUrl(one.attachmentId, this.token),
    }));
    return { ...line, attachments };
  }

  /** One after the other: two tabs that write at once must not begin two threads. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay += 1;
    const mine = this.#turn.then(work);
    this.#turn = mine
      .catch(() => undefined)
      .finally(() => {
        this.#underWay -= 1;
      });
    return mine;
  }

  setState(state: ChatState): void {
    if (state.phase === 'talking') this.wasTaken = true;
    if (JSON.stringify(state) === JSON.stringify(this.#state)) return;
    this.#state = state;
    this.tell({ type: 'state', state });
  }

  tell(frame: ChatFrame): void {
    for (const socket of this.#sockets) this.#send(socket, frame);
  }

  transcript(): readonly ChatLine[] {
    return this.#lines;
  }

  closeAll(code: number, reason: string): void {
    for (const socket of this.#sockets) socket.close(code, reason);
    this.#sockets.clear();
  }

  /** A tab that does not read is let go; it comes back and asks for what it missed. */
  #send(socket: ChatSocket, frame: ChatFrame): void {
    if (socket.bufferedAmount > maxBufferedBytes) {
      // It leaves the chat when it is closed (`leave`), so that an empty one is known as such.
      socket.close(1013, 'slow');
    } else socket.send(JSON.stringify(frame));
  }
}
