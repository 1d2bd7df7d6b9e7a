/**
 * Calls: turns what telephony reports into commands for the routing engine, and the engine's events into rings,
 * bridges and hang-ups; what callers hear is caller-sound's. It holds no routing state of its own; ids are shared, so
 * nothing needs looking up: a caller's leg has the contact's id, an agent's leg the offer's.
 */
import type { CallControl, CallEvent, DialFailure } from '../../sip/port.ts';
import type { ContactView } from '../acd/types.ts';
import type { EventOf, HearthlineEvent } from '../contract/events.ts';
import type { SiteNumber } from '../contract/site.ts';
import type { AcdShell } from './acd-shell.ts';
import type { ActiveSite } from './active-site.ts';
import { transferTarget } from './call-transfer.ts';
import type { Callbacks } from './callback/callbacks.ts';
import type { FeatureCodes } from './feature-codes.ts';
import { CallerSound, numberFlowedTo, type CallerSoundParts } from './caller-sound.ts';
import { queueAtEntry, wishesAtEntry } from './caller-wishes.ts';
import type { ClockPort, PromptPort } from './ports.ts';
import type { RecentCallers } from './recent-callers.ts';

type Incoming = NonNullable<ReturnType<CallControl['incoming']>>;

const faultPauseMs = 1000;

export class VoiceCalls {
  private readonly shell: AcdShell;
  private readonly calls: CallControl;
  private readonly site: ActiveSite;
  private readonly clock: ClockPort;
  private readonly features: FeatureCodes;
  private readonly recent: RecentCallers;
  private readonly callbacks: Callbacks;
  private readonly sound: CallerSound;
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
    callbacks: Callbacks;
    announcement?: CallerSoundParts['announcement'];
  }) {
    this.shell = parts.shell;
    this.calls = parts.calls;
    this.site = parts.site;
    this.clock = parts.clock;
    this.features = parts.features;
    this.recent = parts.recent;
    this.callbacks = parts.callbacks;
    this.sound = new CallerSound({
      ...parts,
      acd: parts.shell.acd,
      onGreeted: (contactId) => this.enqueue(contactId),
      onMessageHeard: (contactId) => this.finish(contactId),
    });
    this.shell.onEvent((event) => this.onEvent(event));
  }

  /** Call control hands its events here, once recovery is over. */
  onCallEvent(event: CallEvent): void {
    if ('legId' in event && this.features.owns(event.legId)) return this.features.onCallEvent(event);
    if (this.callbacks.onCallEvent(event, (contactId, offerId) => this.reached(contactId, offerId))) return;
    switch (event.type) {
      case 'leg.incoming':
        return this.arrive(event);
      case 'leg.answered':
        return this.sound.greet(event.legId);
      case 'play.finished':
        return this.sound.afterPrompt(event.legId, event.playId, event.reason);
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
      case 'leg.transfer-asked':
        return this.transferAsked(event.legId, event.target);
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
    const { legId, dialled, source } = event;
    if (source.kind === 'phone' && dialled.startsWith('*'))
      return this.features.arrive(legId, source.phoneId, dialled);
    const number = this.site.number(dialled);
    if (!number) return this.calls.reject(legId, 404, 'Not Found');
    if (this.sound.isClosed(number)) {
      this.sound.beginClosed(legId, number);
      return this.calls.answer(legId);
    }
    // Handed over after a crash that came before our answer: it has its place already.
    if (this.shell.acd.contact(legId)) {
      this.sound.begin(legId, number);
      return this.calls.answer(legId);
    }
    if (!this.beginContact(legId, number, event))
      return this.calls.reject(legId, 480, 'Temporarily Unavailable');
    this.calls.answer(legId);
    if (this.sound.isSilent(legId)) this.enqueue(legId);
  }

  /** False where routing will not have it. */
  private beginContact(legId: string, number: SiteNumber, { dialled, source, pii }: Incoming): boolean {
    this.sound.begin(legId, number);
    const { ignored } = this.shell.run({
      type: 'contact.arrive',
      contactId: legId,
      channel: 'voice',
      queueId: queueAtEntry(this.site, this.recent, {
        from: pii.from,
        queueId: number.queue,
        now: this.clock.now(),
      }),
      numberId: dialled,
      language: number.language ?? this.site.language,
      pii,
      ...(source.kind === 'trunk' ? { trunkId: source.trunkId } : { phoneId: source.phoneId }),
    });
    if (ignored) this.sound.forget(legId);
    return !ignored;
  }

  /** With what the number dialled, and who calls, ask of the queue. */
  private enqueue(contactId: string): void {
    const incoming = this.calls.incoming(contactId);
    const contact = this.shell.acd.contact(contactId);
    const next = numberFlowedTo(contact);
    const queueId = next === undefined ? undefined : this.site.number(next)?.queue;
    const wishes =
      incoming &&
      wishesAtEntry(this.site, this.recent, {
        dialled: next ?? incoming.dialled,
        from: incoming.pii.from,
        queueId: queueId ?? contact?.queueId ?? '',
        now: this.clock.now(),
      });
    const { ignored } = this.shell.run({
      type: 'contact.enqueue',
      contactId,
      ...(queueId !== undefined && { queueId }),
      ...wishes,
    });
    // The number it flowed out to may have left the site meanwhile. A leg not up yet comes here again once it is.
    if (ignored && this.calls.isUp(contactId)) this.sound.turnAway(contactId);
  }

  private finish(contactId: string): void {
    if (this.shell.acd.contact(contactId)?.state === 'greeting')
      this.shell.run({ type: 'contact.fail', contactId, reason: 'could not be queued' });
    else this.shell.run({ type: 'contact.finish', contactId, reason: 'overflow message heard' });
  }

  /** A leg that is no contact: it hears a message and goes. */
  isMessage(legId: string): boolean {
    return this.sound.isMessage(legId);
  }

  private legEnded(event: Extract<CallEvent, { type: 'leg.ended' }>): void {
    const { legId, by, reason } = event;
    this.sound.forgetClosed(legId);
    const detail = by === 'remote' ? reason : `${by}: ${reason}`;
    if (this.shell.acd.contact(legId)) {
      const type = by === 'remote' ? 'contact.leave' : 'contact.fail';
      this.shell.run({ type, contactId: legId, reason: detail });
      return;
    }
    const talking = this.shell.acd.contactOfOffer(legId);
    if (talking && this.callbacks.isCalling(talking.id)) return this.callbacks.agentHungUp(talking.id);
    if (talking) this.shell.run({ type: 'contact.agent-hung-up', contactId: talking.id, reason: detail });
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
    if (!contact || this.callbacks.isCalling(contact.id)) return;
    this.shell.run({ type: isHeld ? 'contact.hold' : 'contact.resume', contactId: contact.id });
  }

  private transferAsked(legId: string, target: string): void {
    const { acd } = this.shell;
    const contact = acd.contactOfOffer(legId);
    const to = transferTarget(this.site, acd, target, this.clock.now());
    if (!contact || to === undefined) return this.calls.refuseTransfer(legId, 404, 'Not Found');
    if (this.callbacks.isCalling(contact.id))
      return this.calls.refuseTransfer(legId, 480, 'Nobody There Yet');
    if (to === 'closed') return this.calls.refuseTransfer(legId, 480, 'Closed');
    const { ignored } = this.shell.run({ type: 'contact.transfer', contactId: contact.id, to });
    if (ignored) this.calls.refuseTransfer(legId, 480, 'Temporarily Unavailable');
  }

  private onEvent(event: HearthlineEvent): void {
    switch (event.type) {
      case 'contact.queued':
      case 'contact.flowed-out':
        return this.sound.followIfUp(event.contactId!);
      case 'contact.announced':
        return this.sound.sayPlace(event);
      case 'contact.offered':
        return this.ring(event);
      case 'offer.withdrawn':
        return this.calls.hangup(event.data.offerId, event.data.reason);
      case 'contact.answered':
        return this.answered(event);
      case 'contact.transferred':
        return this.passOn(event);
      case 'contact.held':
        return this.sound.hold(event.contactId!);
      case 'contact.resumed':
        return this.reconnect(event.contactId!);
      case 'contact.ended':
        return this.endLegs(event);
      default:
        return;
    }
  }

  private ring(event: EventOf<'contact.offered'>): void {
    const { offerId, phoneId } = event.data;
    if (phoneId === undefined) return;
    this.calls.dial(offerId, {
      phoneId,
      near: event.contactId!,
      pii: { from: this.numberOf(event.contactId!) ?? 'anonymous' },
      displayName: this.site.queue(event.queueId!)?.name ?? event.queueId!,
    });
  }

  private numberOf(contactId: string): string | undefined {
    return this.calls.incoming(contactId)?.pii.from ?? this.callbacks.numberOf(contactId);
  }

  private answered({ contactId, data: { offerId, phoneId } }: EventOf<'contact.answered'>): void {
    if (phoneId === undefined) return;
    this.partners.set(contactId!, offerId);
    const contact = this.shell.acd.contact(contactId!);
    if (contact?.channel === 'callback' && !contact.isReached)
      return void this.callbacks.call(contactId!, offerId);
    this.bridge(contactId!, offerId);
  }

  /** The customer who asked to be called has picked up. */
  private reached(contactId: string, offerId: string): void {
    this.sound.begin(contactId, undefined);
    this.calls.stopPlay(offerId);
    this.bridge(contactId, offerId);
  }

  private bridge(contactId: string, offerId: string): void {
    const { agentId, queueId } = this.shell.acd.contact(contactId) ?? {};
    if (agentId === undefined || queueId === undefined) return;
    if (this.site.queue(queueId)?.record !== true) return this.calls.connect(contactId, offerId);
    const at = this.clock.now();
    const day = new Date(at).toISOString().slice(0, 10);
    this.calls.connect(contactId, offerId, { recordingId: offerId, file: `${day}/${offerId}.wav` });
    this.shell.record({
      type: 'recording.started',
      at,
      contactId,
      agentId,
      queueId,
      data: { recordingId: offerId, offerId },
    });
  }

  private reconnect(contactId: string): void {
    const offerId = this.shell.acd.contact(contactId)?.offerId;
    if (!offerId) return;
    this.calls.stopPlay(contactId);
    this.calls.connect(contactId, offerId);
  }

  /** The agent's part is over; what the caller hears from here on comes with its place in the queue. */
  private passOn({ contactId, data }: EventOf<'contact.transferred'>): void {
    this.partners.delete(contactId!);
    this.calls.acceptTransfer(data.offerId);
    this.calls.hangup(data.offerId, 'passed on');
  }

  private endLegs(event: EventOf<'contact.ended'>): void {
    const contactId = event.contactId!;
    this.sound.forget(contactId);
    if (this.calls.hasLeg(contactId)) this.calls.hangup(contactId, event.data.reason);
    const partner = this.partners.get(contactId);
    this.partners.delete(contactId);
    if (partner && this.calls.hasLeg(partner)) this.calls.hangup(partner, event.data.reason);
  }

  /** After a restart: takes a living contact over; its audio went on, only a greeting is cut short. */
  adopt(contact: ContactView): void {
    const incoming = this.calls.incoming(contact.id);
    this.sound.begin(contact.id, incoming && this.site.number(incoming.dialled));
    if (contact.state === 'connected' && contact.offerId) this.partners.set(contact.id, contact.offerId);
    if (contact.state === 'greeting') this.enqueue(contact.id);
    else this.sound.follow(contact);
  }

  /** After a restart: a leg is up, but the crash came before its contact was written down. */
  adoptLeg(legId: string): void {
    const incoming = this.calls.incoming(legId);
    const number = incoming && this.site.number(incoming.dialled);
    if (!incoming || !number) return this.calls.hangup(legId, 'lost in a restart');
    if (this.sound.isClosed(number)) {
      this.sound.beginClosed(legId, number);
      return this.sound.greet(legId);
    }
    if (!this.beginContact(legId, number, incoming)) return this.calls.hangup(legId, 'lost in a restart');
    this.enqueue(legId);
  }
}
