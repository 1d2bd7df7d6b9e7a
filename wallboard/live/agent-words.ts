/** Words of an agent's state and reason on a wall; reasons of the site's own stand as the site wrote them. Pure. */
import type { AgentState, SystemReason } from '../../server/contract/events.ts';
import type { ShownState } from '../../admin-ui/shared/site-figures.ts';
import type { TextKey, WallWords } from './reading.ts';

/** Of several agents, beside their number. */
export const stateWord: Record<ShownState, TextKey> = {
  ready: 'stateReady',
  ringing: 'stateRinging',
  talking: 'stateTalking',
  hold: 'stateHold',
  'wrap-up': 'stateWrapUp',
  'not-ready': 'stateNotReady',
  unreachable: 'stateUnreachable',
  'logged-out': 'stateLoggedOut',
};
/** Of one agent. */
export const oneStateWord: Record<ShownState, TextKey> = {
  ...stateWord,
  ready: 'oneReady',
  'not-ready': 'oneNotReady',
  unreachable: 'oneUnreachable',
  'logged-out': 'oneLoggedOut',
};
const systemReasonWord: Record<SystemReason, TextKey> = {
  rona: 'reasonRona',
  'offer-rejected': 'reasonRejected',
  'phone-unreachable': 'reasonPhone',
  supervisor: 'reasonSupervisor',
  'connection-lost': 'reasonConnection',
  'just-logged-in': 'reasonLoggedIn',
  'logging-out': 'reasonLoggingOut',
};

/** A reserved agent is one whose phone is about to ring. */
export const shownState = (state: AgentState): ShownState => (state === 'reserved' ? 'ringing' : state);

export function reasonName(words: WallWords, reason: string): string {
  const key = systemReasonWord[reason as SystemReason] as TextKey | undefined;
  return key === undefined ? reason : words[key];
}
