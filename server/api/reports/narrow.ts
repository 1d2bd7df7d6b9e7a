/**
 * Questions about figures as somebody limited to some teams and queues may ask them. Rows of their queues, teams and agents; the
 * site, its channels, numbers and trunks as far as their queues go. Whatever names another is refused, never left out in
 * silence. Pure.
 */
import { scopesWithin, type View } from '../../auth/view.ts';
import type { FcrDrillQuery, FcrQuery } from '../../contract/rest-fcr.ts';
import type { DrillQuery, IntervalQuery, ReportWithin } from '../../contract/rest-reports.ts';
import { outsideView } from '../route.ts';

const ownKeys: ReadonlySet<string> = new Set(['queue', 'team', 'agent'] satisfies IntervalQuery['by'][]);
const kindOf = (scope: string) => scope.split(':', 1)[0]!;

function checkQueues(queues: readonly string[] | undefined, view: View): void {
  if (queues?.some((queueId) => !view.hasQueue(queueId))) throw outsideView();
}

/** What becomes of callers before a queue is of no queue. */
function checkKind(kind: string): void {
  if (kind === 'branch') throw outsideView();
}

export function narrowIntervals(
  query: IntervalQuery,
  view: View,
): { query: IntervalQuery; within?: ReportWithin } {
  if (!view.within) return { query };
  checkKind(query.by);
  checkQueues(query.queues, view);
  if (!ownKeys.has(query.by))
    return {
      query: { ...query, queues: query.queues ?? [...view.within.queueIds] },
      within: { isOfQueuesAlone: true },
    };
  const scopes = scopesWithin(view.within).filter((scope) => kindOf(scope) === query.by);
  return { query, within: { scopes } };
}

export function narrowDrill(query: DrillQuery, view: View): DrillQuery {
  if (!view.within) return query;
  const kind = kindOf(query.scope);
  checkKind(kind);
  checkQueues(query.queues, view);
  if (!ownKeys.has(kind)) return { ...query, queues: query.queues ?? [...view.within.queueIds] };
  if (!view.hasScope(query.scope)) throw outsideView();
  return query;
}

/**
 * By their queues alone: who handled a contact first may be anybody's agent, and with `topic=any` the contact that came next may
 * lie in any queue.
 */
export function narrowFcr(query: FcrQuery, view: View): FcrQuery {
  if (!view.within) return query;
  if (query.by === 'agent' || query.topic === 'any') throw outsideView();
  checkQueues(query.queues, view);
  return { ...query, queues: query.queues ?? [...view.within.queueIds] };
}

export function narrowFcrDrill(query: FcrDrillQuery, view: View): FcrDrillQuery {
  if (!view.within) return query;
  const kind = kindOf(query.scope);
  if (kind === 'agent' || query.topic === 'any') throw outsideView();
  if (kind === 'queue' && !view.hasScope(query.scope)) throw outsideView();
  checkQueues(query.queues, view);
  return { ...query, queues: query.queues ?? [...view.within.queueIds] };
}
