/** What may be asked of an agent in each state, and how the answer is told. Pure; the server judges in the end. */
import type {
  AgentStateAnswer,
  AgentStateRefusal,
  AgentStateWhen,
  AgentTarget,
} from '../../../server/contract/agents.ts';
import type { AgentState } from '../../../server/contract/events.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { fill } from '../../shared/words.ts';
import type { ConsoleWords, TextKey } from '../reading.ts';

export interface AgentAction {
  to: AgentTarget;
  word: TextKey;
  isPossible: boolean;
}

/** All four in every state, so that none moves under a finger while the agent's state changes. */
export function actionsFor(state: AgentState): AgentAction[] {
  const isTalking = state === 'talking' || state === 'hold';
  const isWrapUp = state === 'wrap-up';
  const isGone = state === 'unreachable';
  const isIn = state !== 'logged-out';
  return [
    {
      to: 'ready',
      word: isTalking ? 'agentReadyAfter' : isGone ? 'agentReadyBack' : 'agentReady',
      isPossible: isTalking || isGone || state === 'not-ready',
    },
    {
      to: 'not-ready',
      word: isTalking
        ? 'agentNotReadyAfterCall'
        : isWrapUp
          ? 'agentNotReadyAfterWrapUp'
          : isGone
            ? 'agentNotReadyBack'
            : 'agentNotReady',
      isPossible: isIn && state !== 'not-ready',
    },
    { to: 'end-wrap-up', word: 'agentEndWrapUp', isPossible: isWrapUp },
    {
      to: 'logged-out',
      word: isTalking ? 'agentLogOutAfterCall' : isWrapUp ? 'agentLogOutAfterWrapUp' : 'agentLogOut',
      isPossible: isIn,
    },
  ];
}

const stateWord: Record<Exclude<AgentTarget, 'end-wrap-up'>, TextKey> = {
  ready: 'stateReady',
  'not-ready': 'stateNotReady',
  'logged-out': 'stateLoggedOut',
};
const whenWord: Record<AgentStateWhen, TextKey> = {
  now: 'agentDoneNow',
  'after-contact': 'agentDoneAfter',
  'when-reachable': 'agentDoneBack',
};
const refusedWord: Record<AgentStateRefusal, TextKey> = {
  'already-so': 'agentAlready',
  'logged-out': 'agentLoggedOut',
  'not-in-wrap-up': 'agentNotInWrapUp',
  'in-wrap-up': 'agentInWrapUp',
  'phone-not-registered': 'agentPhoneGone',
  leaving: 'agentLeaving',
};

export function doneText(w: ConsoleWords, agent: string, { to, when }: AgentStateAnswer): string {
  if (to === 'end-wrap-up') return fill(w.agentWrapUpEnded, { agent });
  return fill(w.agentDone, { agent, state: w[stateWord[to]], when: w[whenWord[when]] });
}

/** `otherwise`: what is said of refusals that have nothing to do with agents. */
export function refusedText(w: ConsoleWords, agent: string, refusal: Refusal, otherwise: string): string {
  const word = refusedWord[refusal.details['reason'] as AgentStateRefusal] as TextKey | undefined;
  const why =
    refusal.code === 'conflict' && word !== undefined
      ? w[word]
      : refusal.code === 'not-found'
        ? w.agentUnknown
        : // Without an answer the request may have done its work.
          refusal.code === 'unreachable'
          ? `${otherwise} ${w.agentUnsure}`
          : otherwise;
  return fill(w.agentRefused, { agent, why });
}
