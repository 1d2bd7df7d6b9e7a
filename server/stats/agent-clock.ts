/**
 * For how long agents were in which state: the agents' part of the figure fold. A stretch is told when it ends; what runs is
 * asked for.
 * An agent who is Ready with chats or mails in hand is at work: that time has a name of its own.
 */
import type { AgentState } from '../contract/events.ts';
import type { AgentTime } from '../contract/figures.ts';
import type { FoldSite } from './fold-site.ts';

export interface TimeSink {
  /** An agent was so for [from, to). `queueIds`: whose member the agent is. */
  time(
    agentId: string,
    teamId: string,
    queueIds: readonly string[],
    time: AgentTime,
    from: number,
    to: number,
  ): void;
}

const timeOf: Record<Exclude<AgentState, 'logged-out'>, AgentTime> = {
  'not-ready': 'notReadyMs',
  ready: 'readyMs',
  reserved: 'reservedMs',
  ringing: 'ringingMs',
  talking: 'talkingMs',
  hold: 'holdingMs',
  'wrap-up': 'wrappingMs',
  unreachable: 'unreachableMs',
};

interface Hand {
  state: AgentState;
  /** What was before is told. */
  from: number;
  /** Chats and mails in hand. */
  text: number;
}
export type AgentClockState = readonly (readonly [string, Hand])[];

const none: readonly string[] = [];

export class AgentClock {
  readonly #sink: TimeSink;
  readonly #agents: Map<string, Hand>;
  #site: FoldSite;

  constructor(sink: TimeSink, site: FoldSite, state: AgentClockState = []) {
    this.#sink = sink;
    this.#site = site;
    this.#agents = new Map(state);
  }

  setSite(site: FoldSite): void {
    this.#site = site;
  }

  /** `forMs`: what the log says of the state before, for an agent never heard of. */
  change(agentId: string, to: AgentState, at: number, forMs: number, from: AgentState): void {
    const agent = this.#agents.get(agentId) ?? { state: from, from: at - forMs, text: 0 };
    this.#tell(agentId, agent, at);
    if (to === 'logged-out' && agent.text === 0) this.#agents.delete(agentId);
    else this.#agents.set(agentId, { ...agent, state: to, from: at });
  }

  takeText(agentId: string, by: 1 | -1, at: number): void {
    const agent = this.#agents.get(agentId) ?? { state: 'logged-out', from: at, text: 0 };
    const text = Math.max(0, agent.text + by);
    const isOtherTime = agent.state === 'ready' && text > 0 !== agent.text > 0;
    if (isOtherTime) this.#tell(agentId, agent, at);
    if (text === 0 && agent.state === 'logged-out') this.#agents.delete(agentId);
    else this.#agents.set(agentId, { ...agent, text, from: isOtherTime ? at : agent.from });
  }

  /** What runs now and is not told yet, up to `now`. Changes nothing. */
  running(now: number, tell: TimeSink['time']): void {
    for (const [agentId, agent] of this.#agents) this.#tell(agentId, agent, now, tell);
  }

  state(): AgentClockState {
    return [...this.#agents].map(([agentId, hand]) => [agentId, { ...hand }] as const);
  }

  #tell(
    agentId: string,
    { state, from, text }: Hand,
    to: number,
    tell: TimeSink['time'] = this.#sink.time.bind(this.#sink),
  ): void {
    if (state === 'logged-out' || to <= from) return;
    const time = state === 'ready' && text > 0 ? 'textMs' : timeOf[state];
    tell(agentId, this.#site.teams[agentId] ?? '', this.#site.memberOf[agentId] ?? none, time, from, to);
  }
}
