/**
 * Calls: turns what telephony reports into commands for the routing engine, and the engine's events into what
 * callers and agents hear. It holds no routing state of its own; ids are shared, so nothing needs looking up:
 * a caller's leg has the contact's id, an agent's leg the offer's.
 */
import type { CallControl, CallEvent, DialFailure } from '../../sip/port.ts';
import type { ContactView } from '../acd/types.ts';
import type { EventOf, HearthlineEvent } from '../contract/events.ts';
import type { Language, SiteNumber } from '../contract/site.ts';
import type { AcdShell } from './acd-shell.ts';
import type { ActiveSite } from './active-site.ts';
import type { FeatureCodes } from './feature-codes.ts';
import { positionPromptId, waitPromptId } from '../config/prompt-catalogue.ts';
import { wishesAtEntry } from './caller-wishes.ts';
import type { ClockPort, PromptPort } from './ports.ts';
import type { RecentCallers } from './recent-callers.ts';

/** What a caller's ear needs to know that routing does not. */
interface Caller {
  language: Language;
  greeting: string[];
  from: string;
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
const faultPauseMs = 1000;

export class VoiceCalls {
  private readonly shell: AcdShell;
  private readonly calls: CallControl;
  private readonly site: ActiveSite;
  private readonly prompts: PromptPort;
  private readonly clock: ClockPort;
  private readonly features: FeatureCodes;
  private readonly recent: RecentCallers;
  private readonly callers = new Map<string, Caller>();
  /** Legs that only hear a message and go: closed hours. */
  private readonly messages = new Map<string, string>();
  /** contactId -> the agent's leg it talks to. */
  private readonly partners = new Map<string, string>();

  constructor(parts: {
    shell: AcdShell;
    calls: CallControl;
    site: ActiveSite;
    prompts: PromptPort;
    clock: ClockPort;
    features: FeatureCodes;
    recent: RecentCallers;
  }) {
    this.shell = parts.shell;
    this.calls = parts.calls;
    this.site = parts.site;
    this.prompts = parts.prompts;
    this.clock = parts.clock;
    this.features = parts.features;
    this.recent = parts.recent;
    this.shell.onEvent((event) => this.onEvent(event));
  }

  /** Call control hands its events here, once recovery is over. */
  onCallEvent(event: CallEvent): void {
    if ('legId' in event && this.features.owns(event.legId)) return this.features.onCallEvent(event);
    switch (event.type) {
      case 'leg.incoming':
        return this.arrive(event);
      case 'leg.answered':
        return this.greet(event.legId);
      case 'play.finished':
        return this.afterPrompt(event.legId, event.playId, event.reason);
      case 'leg.ended':
        return this.legEnded(event);
      case 'dial.alerted':
        this.shell.run({ type: 'offer.alerted', offerId: event.legId });
        return;
      case 'dial.answered':
        return this.agentAnswered(event.legId);
      case 'dial.failed':
        return this.dialFailed(event.legId, event.cause);
      case 'leg.held':
      case 'leg.resumed':
        return this.holdChanged(event.legId, event.type === 'leg.held');
      case 'phone.registered':
      case 'phone.unregistered':
        this.shell.run(event);
        return;
      case 'recording.completed':
      case 'recording.failed': {
        const { type, ...data } = event;
        return this.shell.record({ type, at: this.clock.now(), data } as Parameters<AcdShell['record']>[0]);
      }
      case 'leg.dtmf':
        return;
    }
  }

  private arrive(event: Extract<CallEvent, { type: 'leg.incoming' }>): void {
    const { legId, dialled, source, pii } = event;
    if (source.kind === 'phone' && dialled.startsWith('*'))
      return this.features.arrive(legId, source.phoneId, dialled);
    const number = this.site.number(dialled);
    if (!number) return this.calls.reject(legId, 404, 'Not Found');
    const language = number.language ?? this.site.language;
    if (this.isClosed(number)) {
      this.messages.set(legId, this.closedMessage(number, language));
      return this.calls.answer(legId);
    }
    this.callers.set(legId, { language, greeting: number.greeting, from: pii.from });
    // Handed over after a crash that came before our answer: it has its place already.
    if (this.shell.acd.contact(legId)) return this.calls.answer(legId);
    const result = this.shell.run({
      type: 'contact.arrive',
      contactId: legId,
      channel: 'voice',
      queueId: number.queue,
      numberId: dialled,
      language,
      pii,
      ...(source.kind === 'trunk' ? { trunkId: source.trunkId } : { phoneId: source.phoneId }),
    });
    if (result.ignored) {
      this.callers.delete(legId);
      return this.calls.reject(legId, 480, 'Temporarily Unavailable');
    }
    this.calls.answer(legId);
    if (number.greeting.length === 0) this.enqueue(legId);
  }

  /** With what the number dialled, and who calls, ask of the queue. */
  private enqueue(contactId: string): void {
    const incoming = this.calls.incoming(contactId);
    const contact = this.shell.acd.contact(contactId);
    const next = numberIn(contact);
    const queueId = next === undefined ? undefined : this.site.number(next)?.queue;
    const wishes =
      incoming &&
      wishesAtEntry(this.site, this.recent, {
        dialled: next ?? incoming.dialled,
        from: incoming.pii.from,
        queueId: queueId ?? contact?.queueId ?? '',
        now: this.clock.now(),
      });
    this.shell.run({
      type: 'contact.enqueue',
      contactId,
      ...(queueId !== undefined && { queueId }),
      ...wishes,
    });
  }

  /** Flowed out to another number of ours: as if it had been dialled, with its hours, greeting and queue. */
  private divert(contact: ContactView, caller: Caller, dialled: string): void {
    const number = this.site.number(dialled);
    if (!number || this.isClosed(number)) {
      const prompt = number ? this.closedMessage(number, caller.language) : undefined;
      return this.sayAndFinish(contact.id, caller, prompt);
    }
    const { greeting, language = caller.language } = number;
    this.callers.set(contact.id, { ...caller, language, greeting });
    if (greeting.length === 0) return this.enqueue(contact.id);
    this.calls.play(
      contact.id,
      play.greeting,
      greeting.map((id) => this.prompts.file(id, language)),
    );
  }

  /** A leg that is no contact: it hears a message and goes. */
  isMessage(legId: string): boolean {
    return this.messages.has(legId);
  }

  private isClosed(number: SiteNumber): boolean {
    return number.hours !== undefined && !this.site.isOpen(number.hours, this.clock.now());
  }

  private closedMessage(number: SiteNumber, language: Language): string {
    return this.prompts.file(number.closedMessage ?? 'closed', language);
  }

  private greet(legId: string): void {
    const message = this.messages.get(legId);
    if (message) return this.calls.play(legId, play.closed, [message]);
    const caller = this.callers.get(legId);
    const contact = this.shell.acd.contact(legId);
    if (!caller || !contact) return this.calls.hangup(legId, 'unknown contact');
    if (contact.state === 'greeting') {
      const files = caller.greeting.map((id) => this.prompts.file(id, caller.language));
      return this.calls.play(legId, play.greeting, files);
    }
    this.sound(contact);
  }

  /** Puts into the caller's ear what belongs to the state; harmless to repeat. */
  private sound(contact: ContactView): void {
    const caller = this.callers.get(contact.id);
    if (!caller) return;
    if (contact.state === 'waiting' || contact.state === 'offered')
      this.music(contact.id, caller, play.music);
    if (contact.state === 'flowed-out') this.flowOut(contact, caller);
  }

  private music(legId: string, caller: Caller, playId: string): void {
    const queueId = this.shell.acd.contact(legId)?.queueId ?? '';
    const music = this.site.queue(queueId)?.music ?? 'music';
    this.calls.play(legId, playId, [this.prompts.file(music, caller.language)], { isLoop: true });
  }

  private flowOut(contact: ContactView, caller: Caller): void {
    const number = numberIn(contact);
    if (number !== undefined) return this.divert(contact, caller, number);
    const prompt = contact.target ? this.prompts.file(contact.target, caller.language) : undefined;
    this.sayAndFinish(contact.id, caller, prompt);
  }

  /** The contact ends when it has heard the message. */
  private sayAndFinish(
    legId: string,
    caller: Caller,
    file = this.prompts.file('all-busy', caller.language),
  ): void {
    this.calls.play(legId, play.overflow, [file]);
  }

  private afterPrompt(legId: string, playId: string, reason: string): void {
    if (reason === 'stopped' || reason === 'replaced') return;
    const caller = this.callers.get(legId);
    switch (playId) {
      case play.greeting:
        return this.enqueue(legId);
      case play.place:
        if (caller) this.music(legId, caller, play.music);
        return;
      case play.overflow:
        this.shell.run({ type: 'contact.finish', contactId: legId, reason: 'overflow message heard' });
        return;
      case play.closed:
        this.messages.delete(legId);
        return this.calls.hangup(legId, 'closed');
    }
  }

  private legEnded(event: Extract<CallEvent, { type: 'leg.ended' }>): void {
    const { legId, by, reason } = event;
    this.messages.delete(legId);
    const contact = this.shell.acd.contact(legId);
    if (contact) {
      const type = by === 'remote' ? 'contact.leave' : 'contact.fail';
      this.shell.run({ type, contactId: legId, reason: by === 'remote' ? reason : `${by}: ${reason}` });
      return;
    }
    const talking = this.shell.acd.contactOfOffer(legId);
    if (!talking) return;
    const detail = by === 'remote' ? reason : `${by}: ${reason}`;
    this.shell.run({ type: 'contact.agent-hung-up', contactId: talking.id, reason: detail });
  }

  private agentAnswered(offerId: string): void {
    // The offer may have gone in this very moment: then nobody is waiting for this agent any more.
    if (this.shell.run({ type: 'offer.accepted', offerId }).ignored)
      this.calls.hangup(offerId, 'offer withdrawn');
  }

  private dialFailed(offerId: string, cause: DialFailure): void {
    const fail = (reason: 'rona' | 'rejected' | 'phone-unreachable' | 'interrupted') => {
      this.shell.run({ type: 'offer.failed', offerId, reason });
    };
    switch (cause) {
      case 'busy':
      case 'rejected':
        return fail('rejected');
      case 'no-answer':
        return fail('rona');
      case 'unreachable':
        return fail('phone-unreachable');
      case 'cancelled':
        return;
      case 'fault':
        // Our own trouble: the agent stays reserved for a moment, so that a dead engine is not asked in a loop.
        setTimeout(() => fail('interrupted'), faultPauseMs).unref();
    }
  }

  private holdChanged(legId: string, isHeld: boolean): void {
    const contact = this.shell.acd.contactOfOffer(legId);
    if (!contact) return;
    this.shell.run({ type: isHeld ? 'contact.hold' : 'contact.resume', contactId: contact.id });
  }

  private onEvent(event: HearthlineEvent): void {
    switch (event.type) {
      case 'contact.queued':
      case 'contact.flowed-out':
        return this.soundAgain(event.contactId!);
      case 'contact.announced':
        return this.sayPlace(event);
      case 'contact.offered':
        return this.ring(event);
      case 'offer.withdrawn':
        return this.calls.hangup(event.data.offerId, event.data.reason);
      case 'contact.answered':
        return this.bridge(event);
      case 'contact.held': {
        const caller = this.callers.get(event.contactId!);
        if (caller) this.music(event.contactId!, caller, play.hold);
        return;
      }
      case 'contact.resumed':
        return this.reconnect(event.contactId!);
      case 'contact.ended':
        return this.endLegs(event);
      default:
        return;
    }
  }

  /** Not before the leg is up: `greet` does it then. */
  private soundAgain(contactId: string): void {
    const contact = this.shell.acd.contact(contactId);
    if (contact && this.calls.isUp(contactId)) this.sound(contact);
  }

  private sayPlace(event: EventOf<'contact.announced'>): void {
    const caller = this.callers.get(event.contactId!);
    if (!caller) return;
    const { position, estimateMs } = event.data;
    const isTold = this.site.queue(event.queueId!)?.announceWait === true && estimateMs !== undefined;
    const said = [positionPromptId(position), isTold ? waitPromptId(estimateMs) : 'please-wait'];
    const files = said.map((p) => this.prompts.file(p, caller.language));
    this.calls.play(event.contactId!, play.place, files);
  }

  private ring(event: EventOf<'contact.offered'>): void {
    const caller = this.callers.get(event.contactId!);
    this.calls.dial(event.data.offerId, {
      phoneId: event.data.phoneId,
      near: event.contactId!,
      pii: { from: caller?.from ?? 'anonymous' },
      displayName: this.site.queue(event.queueId!)?.name ?? event.queueId!,
    });
  }

  private bridge(event: EventOf<'contact.answered'>): void {
    const { contactId, agentId, queueId } = event;
    const { offerId } = event.data;
    this.partners.set(contactId!, offerId);
    if (this.site.queue(queueId!)?.record !== true) return this.calls.connect(contactId!, offerId);
    const day = new Date(event.at).toISOString().slice(0, 10);
    this.calls.connect(contactId!, offerId, { recordingId: offerId, file: `${day}/${offerId}.wav` });
    this.shell.record({
      type: 'recording.started',
      at: event.at,
      contactId: contactId!,
      agentId: agentId!,
      queueId: queueId!,
      data: { recordingId: offerId, offerId },
    });
  }

  private reconnect(contactId: string): void {
    const offerId = this.shell.acd.contact(contactId)?.offerId;
    if (!offerId) return;
    this.calls.stopPlay(contactId);
    this.calls.connect(contactId, offerId);
  }

  private endLegs(event: EventOf<'contact.ended'>): void {
    const contactId = event.contactId!;
    this.callers.delete(contactId);
    if (this.calls.hasLeg(contactId)) this.calls.hangup(contactId, event.data.reason);
    const partner = this.partners.get(contactId);
    this.partners.delete(contactId);
    if (partner && this.calls.hasLeg(partner)) this.calls.hangup(partner, event.data.reason);
  }

  /** After a restart: takes a living contact over; its audio went on, only a greeting is cut short. */
  adopt(contact: ContactView): void {
    const incoming = this.calls.incoming(contact.id);
    const number = incoming && this.site.number(incoming.dialled);
    this.callers.set(contact.id, {
      language: number?.language ?? this.site.language,
      greeting: number?.greeting ?? [],
      from: incoming?.pii.from ?? 'anonymous',
    });
    if (contact.state === 'connected' && contact.offerId) this.partners.set(contact.id, contact.offerId);
    if (contact.state === 'greeting') this.enqueue(contact.id);
    else this.sound(contact);
  }

  /** After a restart: a leg is up, but the crash came before its contact was written down. */
  adoptLeg(legId: string): void {
    const incoming = this.calls.incoming(legId);
    const number = incoming && this.site.number(incoming.dialled);
    if (!incoming || !number) return this.calls.hangup(legId, 'lost in a restart');
    const { dialled, source, pii } = incoming;
    const language = number.language ?? this.site.language;
    if (this.isClosed(number)) {
      this.messages.set(legId, this.closedMessage(number, language));
      return this.greet(legId);
    }
    this.callers.set(legId, { language, greeting: number.greeting, from: pii.from });
    const from = source.kind === 'trunk' ? { trunkId: source.trunkId } : { phoneId: source.phoneId };
    const result = this.shell.run({
      type: 'contact.arrive',
      contactId: legId,
      channel: 'voice',
      queueId: number.queue,
      numberId: dialled,
      language,
      pii,
      ...from,
    });
    if (result.ignored) {
      this.callers.delete(legId);
      return this.calls.hangup(legId, 'lost in a restart');
    }
    this.enqueue(legId);
  }
}

/** The number a contact flowed out to. */
function numberIn(contact: ContactView | undefined): string | undefined {
  const target = contact?.state === 'flowed-out' ? contact.target : undefined;
  return target?.startsWith('number:') ? target.slice('number:'.length) : undefined;
}
