/**
 * What would have changed a choice, as facts that a screen can say in any language. The record (acd/routing.ts) holds an
 * English sentence; nothing is read out of it. Facts are derived from the candidates and their scores, each is put into
 * English again, and only one that gives the very sentence of the record stands: a wrong fact cannot be shown. Where none
 * does, the English stands alone. Other contacts are in other-contact.ts, since the record alone does not place them.
 */
import type { Decision } from '../../contract/events.ts';
import type { CounterfactualFact } from '../../contract/rest-decisions.ts';

const tiers = Array.from({ length: 10 }, (_, index) => index + 1);
const many = (count: number, one: string) => `${count} ${count === 1 ? one : `${one}s`}`;

export function inEnglish(fact: CounterfactualFact, chosen: string): string {
  const name =
    'agentId' in fact ? `Agent ${fact.agentId}` : `Contact ${fact.contactId} of queue ${fact.queueId}`;
  switch (fact.kind) {
    case 'tier':
      return `${name} of tier ${fact.tier} would have been chosen if nobody of tier ${fact.chosenTier} had been Ready`;
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

/** The fact behind the record's sentence; undefined where it cannot be proved. */
export function factOf(decision: Decision): CounterfactualFact | undefined {
  const { counterfactual, chosen } = decision;
  if (counterfactual === undefined) return undefined;
  for (const fact of possibleFacts(decision)) if (inEnglish(fact, chosen) === counterfactual) return fact;
  return undefined;
}

/** Only the first two can be the other one: the second best, or the best where a draw or a turn chose another. */
function* possibleFacts({ candidates, chosen, strategy }: Decision): Iterable<CounterfactualFact> {
  const mine = candidates.find(({ agentId }) => agentId === chosen);
  const other = candidates.slice(0, 2).find(({ agentId }) => agentId !== chosen);
  if (!other) return;
  const { agentId } = other;
  yield { kind: 'turn', agentId };
  yield { kind: 'draw', agentId, share: other.score };
  if (mine) {
    const gap = Math.abs(other.score - mine.score);
    yield { kind: 'contacts', agentId, count: gap };
    yield { kind: 'levels', agentId, count: gap };
    yield { kind: 'places', agentId, count: gap };
    yield { kind: 'idle', agentId, ms: other.idleSince - mine.idleSince };
    yield { kind: 'same-moment', agentId };
  }
  // Chosen by the occupancy of the last full minute, while the score is that of the moment: any tenth may be the gap.
  if (strategy === 'least-occupied')
    for (let tenths = 1; tenths <= 1000; tenths++) yield { kind: 'occupancy', agentId, points: tenths / 10 };
  // The record does not say who is of which tier.
  for (const chosenTier of tiers)
    for (const tier of tiers) if (tier > chosenTier) yield { kind: 'tier', agentId, tier, chosenTier };
}
