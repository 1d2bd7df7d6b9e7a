/**
 * What callers hear: the greeting of the number, music, their place, the message they leave with, or that the house is
 * closed. It decides nothing about routing and gives it no commands: what a caller has heard to its end it reports, and
 * what follows from that is for others. A leg has the contact's id.
 * Race it stops: a play that ends late, of a contact that has moved on, changes nothing in its ear.
 */
import type { CallControl } from '../../sip/port.ts';
import type { Acd, ContactView } from '../acd/types.ts';
import { positionPromptId, waitPromptId } from '../config/prompt-catalogue.ts';
import type { EventOf } from '../contract/events.ts';
import type { Language, SiteNumber } from '../contract/site.ts';
import type { ActiveSite } from './active-site.ts';
import type { ClockPort, PromptPort } from './ports.ts';

export interface CallerSoundParts {
  acd: Pick<Acd, 'contact'>;
  calls: Pick<CallControl, 'play' | 'hangup' | 'isUp'>;
  site: Pick<ActiveSite, 'language' | 'number' | 'queue' | 'isOpen'>;
  prompts: Pick<PromptPort, 'file'>;
  clock: ClockPort;
  /** What every caller hears before the greeting just now: maintenance. */
  announcement?: ((language: Language) => string | undefined) | undefined;
  /** The greeting is over, or there is none: into the queue. */
  onGreeted: (contactId: string) => void;
  /** The message was heard that a contact leaves with. */
  onMessageHeard: (contactId: string) => void;
}

interface Caller {
  language: Language;
  greeting: string[];
}
/** Play ids say what comes next when a prompt has been heard. */
const play = {
  greeting: 'greeting',
  music: 'music',
  place: 'place',
  overflow: 'overflow',
  closed: 'closed',
  hold: 'hold',
};

export class CallerSound {
  private readonly parts: CallerSoundParts;
  private readonly callers = new Map<string, Caller>();
  /** Legs that only hear a message and go: closed hours. */
  private readonly messages = new Map<string, string>();

  constructor(parts: CallerSoundParts) {
    this.parts = parts;
  }

  /** A contact in the language of the number dialled, or of the site where that number is no more. */
  begin(contactId: string, number: SiteNumber | undefined): void {
    const { greeting = [], language = this.parts.site.language } = number ?? {};
    this.callers.set(contactId, { language, greeting });
  }

  /** A leg that is to be no contact: `greet` tells it that the house is closed. */
  beginClosed(legId: string, number: SiteNumber): void {
    const { prompts, site } = this.parts;
    this.messages.set(legId, prompts.file(closedPrompt(number), number.language ?? site.language));
  }

  forget(legId: string): void {
    this.callers.delete(legId);
  }

  forgetClosed(legId: string): void {
    this.messages.delete(legId);
  }

  /** A leg that is no contact: it hears a message and goes. */
  isMessage(legId: string): boolean {
    return this.messages.has(legId);
  }

  isClosed(number: SiteNumber): boolean {
    const { site, clock } = this.parts;
    return number.hours !== undefined && !site.isOpen(number.hours, clock.now());
  }

  /** The leg is up: the first that it hears. */
  greet(legId: string): void {
    const { acd, calls } = this.parts;
    const message = this.messages.get(legId);
    if (message) return calls.play(legId, play.closed, [message]);
    const caller = this.callers.get(legId);
    const contact = acd.contact(legId);
    if (!caller || !contact) return calls.hangup(legId, 'unknown contact');
    if (contact.state === 'greeting') return this.playGreeting(legId, caller);
    this.follow(contact);
  }

  /** Nothing is said to it before the queue. */
  isSilent(contactId: string): boolean {
    const caller = this.callers.get(contactId);
    return caller?.greeting.length === 0 && this.parts.announcement?.(caller.language) === undefined;
  }

  private playGreeting(contactId: string, { greeting, language }: Caller): void {
    const { calls, prompts, onGreeted, announcement } = this.parts;
    const announced = announcement?.(language);
    if (greeting.length === 0 && announced === undefined) return onGreeted(contactId);
    const files = greeting.map((id) => prompts.file(id, language));
    if (announced !== undefined) files.unshift(announced);
    calls.play(contactId, play.greeting, files);
  }

  /** Puts into the caller's ear what belongs to the state; harmless to repeat. */
  follow(contact: ContactView): void {
    const caller = this.callers.get(contact.id);
    if (!caller) return;
    if (contact.state === 'waiting' || contact.state === 'offered')
      this.music(contact.id, caller, play.music);
    if (contact.state === 'flowed-out') this.flowOut(contact, caller);
  }

  /** Not before the leg is up: `greet` does it then. */
  followIfUp(contactId: string): void {
    const contact = this.parts.acd.contact(contactId);
    if (contact && this.parts.calls.isUp(contactId)) this.follow(contact);
  }

  hold(contactId: string): void {
    const caller = this.callers.get(contactId);
    if (caller) this.music(contactId, caller, play.hold);
  }

  sayPlace(event: EventOf<'contact.announced'>): void {
    const { site, calls, prompts } = this.parts;
    const caller = this.callers.get(event.contactId!);
    if (!caller) return;
    const { position, estimateMs } = event.data;
    const isTold = site.queue(event.queueId!)?.announceWait === true && estimateMs !== undefined;
    const said = [positionPromptId(position), isTold ? waitPromptId(estimateMs) : 'please-wait'];
    const files = said.map((p) => prompts.file(p, caller.language));
    calls.play(event.contactId!, play.place, files);
  }

  /** No queue would have it: it hears so and goes, unless something else is in its ear by now. */
  turnAway(contactId: string): void {
    const { acd, calls, site } = this.parts;
    const contact = acd.contact(contactId);
    if (!contact) return calls.hangup(contactId, 'unknown contact');
    // A greeting whose end was reported late: it waits, or talks, already.
    if (contact.state !== 'greeting' && contact.state !== 'flowed-out') return;
    const language = this.callers.get(contactId)?.language ?? site.language;
    this.sayAndFinish(contactId, language, messageOf(contact));
  }

  /** A play of this leg has ended. */
  afterPrompt(legId: string, playId: string, reason: string): void {
    if (reason === 'stopped' || reason === 'replaced') return;
    const caller = this.callers.get(legId);
    switch (playId) {
      case play.greeting:
        return this.parts.onGreeted(legId);
      case play.place:
        if (caller) this.music(legId, caller, play.music);
        return;
      case play.overflow:
        return this.parts.onMessageHeard(legId);
      case play.closed:
        this.messages.delete(legId);
        return this.parts.calls.hangup(legId, 'closed');
    }
  }

  private music(legId: string, caller: Caller, playId: string): void {
    const { acd, calls, prompts, site } = this.parts;
    const queueId = acd.contact(legId)?.queueId ?? '';
    const music = site.queue(queueId)?.music ?? 'music';
    calls.play(legId, playId, [prompts.file(music, caller.language)], { isLoop: true });
  }

  private flowOut(contact: ContactView, caller: Caller): void {
    const number = numberFlowedTo(contact);
    if (number !== undefined) return this.divert(contact, caller, number);
    this.sayAndFinish(contact.id, caller.language, messageOf(contact));
  }

  /** Flowed out to another number of ours: as if it had been dialled, with its hours, greeting and queue. */
  private divert({ id }: ContactView, caller: Caller, dialled: string): void {
    const number = this.parts.site.number(dialled);
    if (!number) return this.sayAndFinish(id, caller.language);
    if (this.isClosed(number)) return this.sayAndFinish(id, caller.language, closedPrompt(number));
    const { greeting, language = caller.language } = number;
    const diverted = { language, greeting };
    this.callers.set(id, diverted);
    this.playGreeting(id, diverted);
  }

  /** The contact ends when it has heard the message. */
  private sayAndFinish(legId: string, language: Language, promptId = 'all-busy'): void {
    const { calls, prompts } = this.parts;
    calls.play(legId, play.overflow, [prompts.file(promptId, language)]);
  }
}

const closedPrompt = (number: SiteNumber): string => number.closedMessage ?? 'closed';

/** The number a contact flowed out to. */
export function numberFlowedTo(contact: ContactView | undefined): string | undefined {
  const target = contact?.state === 'flowed-out' ? contact.target : undefined;
  return target?.startsWith('number:') ? target.slice('number:'.length) : undefined;
}

/** The message a contact flowed out to; its queue may have named none. */
function messageOf(contact: ContactView): string | undefined {
  return numberFlowedTo(contact) === undefined && contact.target ? contact.target : undefined;
}
