/** Decisions in English, for those who read the API or a log; screens say the facts in their reader's language. */
import type { Counterfactual, Decision, DemandFacts } from '../contract/decision.ts';
import { describeDemand } from './demand.ts';

const many = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;

/** What would have changed the decision; undefined where there was no other choice. */
export function otherwiseText({ counterfactual, chosen }: Decision): string | undefined {
  if (counterfactual === undefined || typeof counterfactual === 'string') return counterfactual;
  return counterfactualText(counterfactual, chosen);
}

export const demandText = (demand: string | DemandFacts): string =>
  typeof demand === 'string' ? demand : describeDemand(demand);

function counterfactualText(fact: Counterfactual, chosen: string): string {
  const name =
    'agentId' in fact ? `Agent ${fact.agentId}` : `Contact ${fact.contactId} of queue ${fact.queueId}`;
  switch (fact.kind) {
    case 'tier':
      return `${name} of tier ${fact.tier} would have been chosen if nobody of tier ${fact.chosenTier} had been Ready`;
    case 'load':
      return `${name} would have been chosen with ${many(fact.count, 'contact')} fewer in hand`;
    case 'turn':
      return `${name} would have been chosen if it had been the next in turn`;
    case 'draw':
      return `${name} would have been chosen had the draw fallen to its share of ${fact.share}`;
    case 'occupancy':
      return `${name} would have been chosen if its occupancy had been ${fact.points} points lower`;
    case 'contacts':
      return `${name} would have been chosen if it had taken ${many(fact.count, 'contact')} fewer`;
    case 'levels':
      return `${name} would have been chosen with ${many(fact.count, 'level')} more`;
    case 'places':
      return `${name} would have been chosen if it stood ${many(fact.count, 'place')} higher in the site file`;
    case 'idle':
      return `${name} would have been chosen if idle for ${fact.ms} ms longer`;
    case 'same-moment':
      return `${name} became Ready in the same millisecond, after agent ${chosen}`;
    case 'contact-sooner':
      return `${name} would have been offered instead if it had entered its queue ${fact.ms} ms sooner`;
    case 'contact-priority':
      return `${name} would have been offered instead with a priority above ${fact.priority}`;
  }
}
