/** Which figures a change can be explained of, and by what. Apart from rest-drift.ts, since screens read it: imports nothing but names. */
import type { FigureName, ScopeKind } from './figure-facts.ts';

export const driftKeys = ['agent', 'queue', 'channel', 'number', 'branch'] as const;
export type DriftKey = (typeof driftKeys)[number];

const ofContacts = ['queue', 'channel', 'number'] as const;
const ofAgents = ['agent', ...ofContacts] as const;
/** What adds up over members as one sum over another; what agents have no part in is explained by queues and numbers alone. */
export const driftKeysOfFigure: Partial<Record<FigureName, readonly DriftKey[]>> = {
  aht: ofAgents,
  'talk-time': ofAgents,
  'hold-time': ofAgents,
  'wrap-up-time': ofAgents,
  asa: ofAgents,
  'first-response': ofAgents,
  'transfer-rate': ofAgents,
  'rona-rate': ofAgents,
  'abandonment-rate': ofContacts,
  containment: ['number', 'branch'],
};

/** Agents' counts are kept by queue and channel, those of numbers and trunks by contact: neither by the other. */
const keysOfScope: Record<ScopeKind, readonly DriftKey[]> = {
  site: driftKeys,
  queue: ['agent', 'channel', 'number'],
  channel: ['agent', 'queue', 'number'],
  number: ['queue', 'branch'],
  trunk: ['queue', 'number'],
  team: ['agent', 'queue', 'channel'],
  agent: ['queue', 'channel'],
  branch: [],
};

/** The first is what to look at first. Empty: nothing explains it. */
export function driftKeysOf(figure: FigureName, scope: string): readonly DriftKey[] {
  const kind = (scope.includes(':') ? scope.slice(0, scope.indexOf(':')) : scope) as ScopeKind;
  const ofFigure = driftKeysOfFigure[figure] ?? [];
  // What agents have no part in is not kept by team or agent.
  const isOfAgents = kind === 'team' || kind === 'agent';
  if (isOfAgents && !ofFigure.includes('agent')) return [];
  return keysOfScope[kind].filter((key) => ofFigure.includes(key));
}
