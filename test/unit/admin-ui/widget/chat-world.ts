/**
 * A small world for the chat's state machine: a server that keeps lines, several tabs with a link each, one browser storage and
 * the bus between the tabs. Nothing happens by itself: every frame and every word between tabs is delivered, lost or doubled by
 * the test, so that each order of events can be tried.
 */
import {
  closedChat,
  type ChatEffect,
  type ChatEvent,
  type ChatSession,
  type Share,
} from '../../../../admin-ui/widget/chat-session-types.ts';
import { nextChat } from '../../../../admin-ui/widget/chat-session-state.ts';
import { newestSeq, type OutLine } from '../../../../admin-ui/widget/chat-lines.ts';
import type { ChatFrame, ChatLine, ChatRequest, ChatState } from '../../../../server/contract/chat.ts';

type Frame = Exclude<ChatFrame, { type: 'pong' }>;
interface Link {
  up: ChatRequest[];
  down: Frame[];
  isGreeted: boolean;
}
export interface Tab {
  state: ChatSession;
  link: Link | undefined;
  wantsLink: boolean;
  bus: Share[];
}

export class ChatWorld {
  lines: ChatLine[] = [];
  serverState: ChatState = { phase: 'waiting', position: 2 };
  token = 'first';
  isRefusing = false;
  clock = 0;
  stored: { token: string; lines: Map<string, OutLine> } | undefined;
  readonly tabs: Tab[];

  constructor(tabCount: number) {
    this.tabs = Array.from({ length: tabCount }, () => this.newTab());
  }

  private newTab(): Tab {
    return { state: closedChat, link: undefined, wantsLink: false, bus: [] };
  }

  /** One event through the machine, and its effects after it, as the shell does. */
  dispatch(tab: Tab, event: ChatEvent): void {
    const queue = [event];
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { state, effects } = nextChat(tab.state, next);
      tab.state = state;
      for (const effect of effects) queue.push(...this.carryOut(tab, effect));
    }
  }

  private drop(tab: Tab): ChatEvent[] {
    const had = tab.link !== undefined;
    tab.link = undefined;
    return had ? [{ type: 'lost' }] : [];
  }
  private carryOut(tab: Tab, effect: ChatEffect): ChatEvent[] {
    switch (effect.type) {
      case 'start':
        return [{ type: 'started', token: this.token, clientId: this.newId(), order: this.clock }];
      case 'connect':
        tab.wantsLink = true;
        return this.drop(tab);
      case 'reconnect':
        return this.drop(tab);
      case 'disconnect':
        tab.wantsLink = false;
        return this.drop(tab);
      case 'send':
        tab.link?.up.push(effect.frame);
        return [];
      case 'keep':
        if (effect.share.type === 'session') this.stored = { token: effect.share.token, lines: new Map() };
        else if (effect.share.type === 'line')
          this.stored?.lines.set(effect.share.line.clientId, effect.share.line);
        this.tell(tab, effect.share);
        return [];
      case 'forget':
        this.stored?.lines.delete(effect.share.clientId);
        this.tell(tab, effect.share);
        return [];
      case 'leave':
        if (this.stored?.token !== effect.token) return [];
        this.stored = undefined;
        this.tell(tab, { type: 'session', token: undefined });
        return [];
    }
  }
  private tell(from: Tab, share: Share): void {
    for (const tab of this.tabs) if (tab !== from) tab.bus.push(share);
  }
  newId(): string {
    this.clock += 1;
    return `id-${this.clock}`;
  }

  begin(tab: Tab): void {
    this.dispatch(tab, { type: 'opened', isOpen: true });
    this.dispatch(tab, { type: 'submitted', request: { language: 'en' }, at: 1 });
  }
  write(tab: Tab, text: string): void {
    const clientId = this.newId();
    this.dispatch(tab, { type: 'wrote', clientId, text, attachments: [], order: this.clock });
  }
  retry(tab: Tab): void {
    const failed = tab.state.out.find((line) => line.status === 'failed');
    if (!failed) return;
    const newClientId = this.newId();
    this.dispatch(tab, { type: 'retried', clientId: failed.clientId, newClientId, order: this.clock });
  }
  open(tab: Tab): void {
    const { token, lines } = tab.state;
    if (!tab.wantsLink || tab.link || token === undefined) return;
    tab.link = { up: [{ type: 'hello', token, after: newestSeq(lines) }], down: [], isGreeted: false };
  }
  cut(tab: Tab): void {
    for (const event of this.drop(tab)) this.dispatch(tab, event);
  }
  reload(tab: Tab): void {
    Object.assign(tab, this.newTab());
    const { stored } = this;
    if (!stored) return;
    const { token } = stored;
    this.dispatch(tab, { type: 'shared', share: { type: 'session', token } });
    for (const line of stored.lines.values())
      this.dispatch(tab, { type: 'shared', share: { type: 'line', token, line } });
  }
  hearTab(tab: Tab): boolean {
    const share = tab.bus.shift();
    if (share) this.dispatch(tab, { type: 'shared', share });
    return share !== undefined;
  }
  /** `isTwice`: the same frame comes again. */
  deliverDown(tab: Tab, isTwice = false): boolean {
    const frame = tab.link?.down[0];
    if (!tab.link || !frame) return false;
    if (!isTwice) tab.link.down.shift();
    this.dispatch(tab, { type: 'frame', frame });
    return true;
  }
  deliverUp(tab: Tab): boolean {
    const { link } = tab;
    const frame = link?.up.shift();
    if (!link || !frame) return false;
    if (frame.type === 'hello') this.greet(link, frame);
    else if (frame.type === 'line') this.take(link, frame);
    else if (frame.type === 'end') this.setState({ phase: 'ended', by: 'customer' });
    return true;
  }
  private greet(link: Link, hello: Extract<ChatRequest, { type: 'hello' }>): void {
    if (hello.token !== this.token) {
      link.down.push({ type: 'gone' });
      return;
    }
    link.isGreeted = true;
    const lines = this.lines.filter((line) => line.seq > hello.after);
    link.down.push({ type: 'welcome', state: this.serverState, lines, serverAt: 0 });
  }
  private take(link: Link, { clientId, text }: Extract<ChatRequest, { type: 'line' }>): void {
    let known = this.lines.find((line) => line.clientId === clientId);
    if (!known && (this.isRefusing || this.serverState.phase === 'ended')) {
      link.down.push({ type: 'nack', clientId, reason: this.isRefusing ? 'too-many' : 'ended' });
      return;
    }
    known ??= this.add({ from: 'customer', clientId, text });
    link.down.push({ type: 'ack', clientId, seq: known.seq });
  }
  add(line: Pick<ChatLine, 'from' | 'text'> & { clientId?: string }): ChatLine {
    const kept: ChatLine = { ...line, seq: this.lines.length + 1, at: 0, attachments: [] };
    this.lines.push(kept);
    this.everybody({ type: 'lines', lines: [kept] });
    return kept;
  }
  setState(state: ChatState): void {
    this.serverState = state;
    this.everybody({ type: 'state', state });
  }
  private everybody(frame: Frame): void {
    for (const { link } of this.tabs) if (link?.isGreeted) link.down.push(frame);
  }

  /** The network is whole again, and everything under way arrives. */
  settle(): void {
    for (let isMoving = true, rounds = 0; isMoving; rounds += 1) {
      if (rounds > 10_000) throw new Error('the world does not come to rest');
      isMoving = false;
      for (const tab of this.tabs) {
        this.open(tab);
        while (this.hearTab(tab)) isMoving = true;
        while (this.deliverUp(tab)) isMoving = true;
        while (this.deliverDown(tab)) isMoving = true;
      }
    }
  }
}
