/**
 * After a start: makes routing and telephony agree. The log says which contacts there were, telephony which
 * legs live; what is on one side only is ended or taken in, with a reason (N9). Order matters: offers first, so
 * that a waiting contact is free to be offered anew, then ended ones, then those that live.
 */
import type { CallControl } from '../../sip/port.ts';
import type { ContactView } from '../acd/types.ts';
import { workOf } from '../contract/events.ts';
import type { AcdShell } from './acd-shell.ts';
import type { LoggerPort } from './ports.ts';
import type { VoiceCalls } from './voice-calls.ts';

export interface Takeover {
  adopted: number;
  lost: number;
  talking: number;
  waiting: number;
}

const handOverMs = 3000;

const isOnPhones = ({ channel }: ContactView): boolean => workOf(channel) === 'voice';
/** A callback has a customer's leg once the customer has picked up. */
const hasCustomer = ({ channel, isReached }: ContactView): boolean =>
  channel === 'voice' || isReached === true;

export function takeOver(
  shell: AcdShell,
  calls: CallControl,
  voice: VoiceCalls,
  phones: readonly string[],
  logger: LoggerPort,
): Takeover {
  const result: Takeover = { adopted: 0, lost: 0, talking: 0, waiting: 0 };
  // As it was left: what the commands below begin, such as new offers, is nobody's leftover.
  const contacts = [...shell.acd.contacts()].filter(isOnPhones);
  const left = calls.legIds();
  agreeOnPhones(shell, phones);
  const known = new Set<string>();
  // A phone that was ringing was released by the SIP engine when its application went away.
  const offerIds = contacts.flatMap((c) => (c.offers ?? []).map(({ offerId }) => offerId));
  for (const contact of contacts) {
    const { id, state, offerId } = contact;
    if (!hasCustomer(contact)) {
      // Its agent was listening to a phone that rang: the call went with the process that made it.
      if (state === 'connected')
        shell.run({ type: 'contact.fail', contactId: id, reason: 'lost in a restart' });
      continue;
    }
    known.add(id);
    // Only who talks keeps the agent's leg: one that was answered while the log still said `offered`, or whose
    // caller is gone, belongs to nobody and is hung up below.
    if (offerId && state === 'connected' && calls.hasLeg(id)) known.add(offerId);
    if (!calls.hasLeg(id) && calls.isExpected(id)) awaitCaller(shell, calls, id);
    else if (!calls.hasLeg(id)) {
      result.lost++;
      shell.run({ type: 'contact.fail', contactId: id, reason: 'lost in a restart' });
    } else if (state === 'connected' && offerId && !calls.hasLeg(offerId)) {
      result.lost++;
      shell.run({ type: 'contact.agent-hung-up', contactId: id, reason: 'lost in a restart' });
    }
  }
  for (const { id } of contacts) {
    const contact = shell.acd.contact(id);
    if (!contact || !calls.hasLeg(id)) continue;
    voice.adopt(contact);
    result.adopted++;
    if (contact.state === 'connected') result.talking++;
    else result.waiting++;
  }
  if (offerIds.length > 0) shell.run({ type: 'offers.interrupt', offerIds });
  for (const legId of left) {
    if (known.has(legId) || !calls.hasLeg(legId)) continue;
    if (calls.incoming(legId)) voice.adoptLeg(legId);
    else calls.hangup(legId, 'lost in a restart');
  }
  logger.info(result, 'calls taken over');
  return result;
}

/** Not yet answered when the crash came: the SIP engine hands the call over within a moment, or the caller has gone. */
function awaitCaller(shell: AcdShell, calls: CallControl, contactId: string): void {
  setTimeout(() => {
    if (!calls.hasLeg(contactId)) shell.run({ type: 'contact.fail', contactId, reason: 'lost in a restart' });
  }, handOverMs).unref();
}

function agreeOnPhones(shell: AcdShell, registered: readonly string[]): void {
  const here = new Set(registered);
  for (const phoneId of shell.acd.registeredPhones())
    if (!here.has(phoneId)) shell.run({ type: 'phone.unregistered', phoneId, reason: 'expired' });
  for (const phoneId of here)
    if (!shell.acd.isRegistered(phoneId)) shell.run({ type: 'phone.registered', phoneId, transport: 'udp' });
}
