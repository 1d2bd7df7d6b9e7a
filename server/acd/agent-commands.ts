/**
 * What each command about an agent or a phone does, by the state it finds. Diagram: agent-state.ts.
 * Free seating: an agent sits where it last logged in, and a phone belongs to whoever logged in there last;
 * neither may tear anyone out of an offer, a talk or a wrap-up.
 */
import { type AgentRecord, isInTalk, isOnOffer, type NextStep, workingStates } from './agent-state.ts';
import { giveBackText, withdraw } from './offer-end.ts';
import { offerTo } from './contact-state.ts';
import type { Session } from './session.ts';
import { hasTextInHand } from './text-work.ts';
import type { AcdCommand, IgnoredReason } from './types.ts';

export type AgentCommand = Extract<AcdCommand, { type: `agent.${string}` }>;
export type PhoneCommand = Extract<AcdCommand, { type: `phone.${string}` }>;
type Verdict = IgnoredReason | undefined;

export function handleAgent(session: Session, command: AgentCommand): Verdict {
  const agent = session.state.agents.get(command.agentId);
  if (!agent || (agent.isRemoved && command.type === 'agent.login')) return 'unknown-agent';
  switch (command.type) {
    case 'agent.login':
      if (command.phoneId !== undefined) return login(session, agent, command.phoneId, command.how);
      if (agent.state !== 'logged-out') return 'already-so';
      session.logIn(agent.id, undefined, command.how);
      return undefined;
    case 'agent.logout':
      return logout(session, agent, command.reason);
    case 'agent.ready':
      return ready(session, agent);
    case 'agent.not-ready':
      return notReady(session, agent, command.reason, command.isSystemReason === true);
    case 'agent.extend-wrap-up':
      return extendWrapUp(session, agent);
    case 'agent.end-wrap-up':
      if (agent.state !== 'wrap-up') return 'not-allowed-in-state';
      session.moveOn(agent.id);
      return undefined;
  }
}

function login(session: Session, agent: AgentRecord, phoneId: string, how: 'feature-code' | 'web'): Verdict {
  const { state } = session;
  if (!state.isKnownPhone(phoneId)) return 'unknown-phone';
  if (!state.registeredPhones.has(phoneId)) return 'phone-not-registered';
  if (workingStates.has(agent.state)) return 'not-allowed-in-state';
  if (agent.phoneId === phoneId) return comeBack(session, agent) ? undefined : 'already-so';
  const seated = state.agents.get(state.agentByPhone.get(phoneId) ?? '');
  if (seated && (workingStates.has(seated.state) || hasTextInHand(seated))) return 'phone-in-use';
  if (seated) session.logOut(seated.id, 'seat-taken');
  session.logOut(agent.id, 'moved', true);
  session.logIn(agent.id, phoneId, how);
  return undefined;
}

function logout(session: Session, agent: AgentRecord, reason: string): Verdict {
  if (agent.state === 'logged-out') return 'already-so';
  if (isInTalk(agent.state) || agent.state === 'wrap-up') {
    if (agent.next?.to === 'logged-out') return 'already-so';
    session.askNext(agent, { to: 'logged-out', reason });
    giveBackText(session, agent.id);
    return undefined;
  }
  const isOnTheWay = agent.state === 'not-ready' || agent.state === 'unreachable';
  if (isOnTheWay && agent.next?.to === 'logged-out' && agent.inHand) return 'already-so';
  if (isOnOffer(agent.state)) leaveOffer(session, agent, { to: 'logged-out', reason });
  else session.logOut(agent.id, reason);
  return undefined;
}

function ready(session: Session, agent: AgentRecord): Verdict {
  switch (agent.state) {
    case 'logged-out':
      return 'not-allowed-in-state';
    case 'ready':
    case 'reserved':
    case 'ringing':
      return 'already-so';
    case 'not-ready':
      // Out of the site, and only here until its text is finished.
      if (agent.isRemoved) return 'already-so';
      session.changeAgent(agent.id, 'ready');
      return undefined;
    case 'talking':
    case 'hold':
      if (!agent.next || agent.next.to === 'ready' || agent.isRemoved) return 'already-so';
      session.askNext(agent, { to: 'ready' });
      return undefined;
    case 'wrap-up':
      if (agent.next && agent.next.to !== 'ready' && !agent.isRemoved)
        session.askNext(agent, { to: 'ready' });
      session.moveOn(agent.id);
      return undefined;
    case 'unreachable':
      if (agent.isRemoved) return 'already-so';
      if (agent.next?.to !== 'ready') {
        session.askNext(agent, { to: 'ready' });
        comeBack(session, session.state.agents.get(agent.id) ?? agent);
        return undefined;
      }
      return comeBack(session, agent) ? undefined : 'phone-not-registered';
  }
}

function notReady(session: Session, agent: AgentRecord, reason: string, isSystemReason: boolean): Verdict {
  const step = { to: 'not-ready', reason, ...(isSystemReason ? { isSystemReason } : {}) } as const;
  const details = { reason, ...(isSystemReason ? { isSystemReason } : {}) } as const;
  switch (agent.state) {
    case 'logged-out':
      return 'not-allowed-in-state';
    case 'not-ready':
      if (agent.isRemoved) return 'already-so';
      if (agent.reason === reason && (agent.isSystemReason === true) === isSystemReason) return 'already-so';
      session.changeAgent(agent.id, 'not-ready', details);
      return undefined;
    case 'ready':
      session.changeAgent(agent.id, 'not-ready', details);
      giveBackText(session, agent.id);
      return undefined;
    case 'reserved':
    case 'ringing':
      leaveOffer(session, agent, step);
      giveBackText(session, agent.id);
      return undefined;
    case 'talking':
    case 'hold':
    case 'wrap-up':
    case 'unreachable':
      if (agent.isRemoved) return 'already-so';
      if (
        agent.next?.to === 'not-ready' &&
        agent.next.reason === reason &&
        (agent.next.isSystemReason === true) === isSystemReason
      )
        return 'already-so';
      session.askNext(agent, step);
      giveBackText(session, agent.id);
      return undefined;
  }
}

function extendWrapUp(session: Session, agent: AgentRecord): Verdict {
  const { wrapUp } = agent.config;
  if (agent.state !== 'wrap-up' || agent.until === undefined || wrapUp.mode !== 'timed')
    return 'not-allowed-in-state';
  const { extendMs = 0, extensions = 0 } = wrapUp;
  if (extendMs <= 0 || (agent.extended ?? 0) >= extensions) return 'limit-reached';
  session.changeAgent(agent.id, 'wrap-up', { reason: 'extended', until: agent.until + extendMs });
  return undefined;
}

/** The agent turns away while its phone rings: the contact goes to the next one, now. */
function leaveOffer(session: Session, agent: AgentRecord, then: NextStep): void {
  const contact = session.state.contacts.get(agent.contactId ?? '');
  const offer = offerTo(contact, agent.id);
  if (contact?.state === 'offered' && offer) withdraw(session, contact, offer, 'agent-left', then);
}

/** An unreachable agent whose phone is there again; false where there is nothing to come back from. */
function comeBack(session: Session, agent: AgentRecord): boolean {
  if (agent.state !== 'unreachable') return false;
  if (agent.phoneId === undefined || !session.state.registeredPhones.has(agent.phoneId)) return false;
  session.moveOn(agent.id);
  return true;
}

export function handlePhone(session: Session, command: PhoneCommand): Verdict {
  const { state } = session;
  const { phoneId } = command;
  const isRegistered = state.registeredPhones.has(phoneId);
  if (command.type === 'phone.unregistered') {
    if (!isRegistered) return state.isKnownPhone(phoneId) ? 'already-so' : 'unknown-phone';
    losePhone(session, phoneId, command.reason);
    return undefined;
  }
  if (!state.isKnownPhone(phoneId)) return 'unknown-phone';
  if (!isRegistered)
    session.emit({
      type: 'phone.registered',
      at: session.at,
      data: { phoneId, transport: command.transport },
    });
  const seated = state.agents.get(state.agentByPhone.get(phoneId) ?? '');
  // Also for a refresh: an agent given up on because an offer failed is reachable again.
  if (seated) return comeBack(session, seated) || !isRegistered ? undefined : 'already-so';
  if (isRegistered) return 'already-so';
  seatTiedAgent(session, phoneId);
  return undefined;
}

export function losePhone(
  session: Session,
  phoneId: string,
  reason: Extract<PhoneCommand, { type: 'phone.unregistered' }>['reason'],
): void {
  session.emit({ type: 'phone.unregistered', at: session.at, data: { phoneId, reason } });
  const agent = session.state.agents.get(session.state.agentByPhone.get(phoneId) ?? '');
  if (!agent) return;
  if (agent.state === 'ready' || agent.state === 'not-ready') session.loseAgent(agent.id);
  else if (isOnOffer(agent.state)) {
    const contact = session.state.contacts.get(agent.contactId ?? '');
    const offer = offerTo(contact, agent.id);
    if (contact?.state === 'offered' && offer) withdraw(session, contact, offer, 'phone-unreachable');
  }
}

/** The agent tied to this phone, if it is logged out and the seat is free. */
export function seatTiedAgent(session: Session, phoneId: string): void {
  const { state } = session;
  if (state.agentByPhone.has(phoneId) || !state.registeredPhones.has(phoneId)) return;
  const agentId = state.tiedAgent(phoneId);
  const agent = agentId === undefined ? undefined : state.agents.get(agentId);
  if (agent && !agent.isRemoved && agent.state === 'logged-out')
    session.logIn(agent.id, phoneId, 'tied-phone');
}
