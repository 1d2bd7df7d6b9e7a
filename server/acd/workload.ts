/**
 * What an agent may be offered beside what is in hand: capacity by channel, and which work keeps which other away. A call
 * moves the agent's state (agent-state.ts) and is one at a time; text (chat, mail) lies beside it, several at once. Pure.
 * Stated rules: one unanswered offer of text at a time; what is in hand is never taken away, a call may only interrupt it.
 */
import { type AgentState, type Channel, type Work, workOf } from '../contract/events.ts';
import { defaultBlocks, defaultCapacity } from '../contract/site-routing.ts';
import type { AgentRecord } from './agent-state.ts';
import type { AcdAgent } from './types.ts';

/** A text contact that an agent was offered or is working on. */
export interface InHand {
  readonly contactId: string;
  readonly queueId: string;
  readonly channel: Channel;
  readonly isOffer: boolean;
}

/** While a contact of a channel is in hand, which others are not offered. */
export type Blocks = Readonly<Record<Work, readonly Work[]>>;

/** `ready`: may be offered a contact of the channel; anything else says why not. */
export type Standing = AgentState | 'at-capacity' | 'other-work' | 'no-phone';

/** Of this channel an agent has one at a time, and its state says so. */
export const isCall = (channel: Channel): boolean => workOf(channel) === 'voice';

export const capacityOf = (agent: AcdAgent, channel: Channel): number =>
  agent.capacity?.[workOf(channel)] ?? defaultCapacity[workOf(channel)];

const withCall: ReadonlySet<AgentState> = new Set(['reserved', 'ringing', 'talking', 'hold', 'wrap-up']);

const nothing: readonly InHand[] = [];

export function standingOf(agent: AgentRecord, channel: Channel, blocks: Blocks = defaultBlocks): Standing {
  const { inHand = nothing } = agent;
  // Asked most often by far.
  if (isCall(channel)) {
    if (agent.state === 'ready' && agent.phoneId === undefined) return 'no-phone';
    if (agent.state !== 'ready' || inHand.length === 0) return agent.state;
  }
  const work = workOf(channel);
  const isKept = inHand.some((one) => blocks[workOf(one.channel)].includes(work));
  if (isCall(channel)) return isKept ? 'other-work' : agent.state;
  if (withCall.has(agent.state)) {
    if (agent.next && agent.next.to !== 'ready') return agent.state;
    if (blocks.voice.includes(work)) return agent.state;
  } else if (agent.state !== 'ready') return agent.state;
  if (inHand.some(({ isOffer }) => isOffer)) return 'reserved';
  if (isKept) return 'other-work';
  const count = inHand.filter((one) => one.channel === channel).length;
  return count < capacityOf(agent.config, channel) ? 'ready' : 'at-capacity';
}
