/** From counts to a figure by its name: which formula of kpi.ts a name stands for. Pure; used by boards, alerts and reports. */
import type { FigureCounts, FigureName, ScopeKind } from '../contract/figures.ts';
import * as kpi from './kpi.ts';

/** Agents' work by state; of a queue, by its contacts, since nobody is in a state for one queue alone. */
function workOf(counts: FigureCounts, kind: ScopeKind): kpi.WorkTimes {
  if (kind === 'queue') return counts;
  return { talkMs: counts.talkingMs + counts.textMs, holdMs: counts.holdingMs, wrapUpMs: counts.wrappingMs };
}

const loggedInMs = (c: FigureCounts): number =>
  c.readyMs +
  c.textMs +
  c.notReadyMs +
  c.reservedMs +
  c.ringingMs +
  c.talkingMs +
  c.holdingMs +
  c.wrappingMs +
  c.unreachableMs;

type Formula = (counts: FigureCounts, kind: ScopeKind) => number | undefined;

const formulas: Partial<Record<FigureName, Formula>> = {
  offered: (c) => c.offered,
  answered: (c) => c.answered,
  abandoned: (c) => c.abandoned,
  'short-abandoned': (c) => c.shortAbandoned,
  'flowed-out': (c) => c.flowedOut,
  rona: (c) => c.rona,
  handled: (c) => c.handled,
  transferred: (c) => c.transferred,
  'service-level': kpi.serviceLevelAbandonsIgnored,
  'service-level-negative': kpi.serviceLevelAbandonsNegative,
  'service-level-positive': kpi.serviceLevelAbandonsPositive,
  'service-level-only-handled': kpi.serviceLevelOnlyHandled,
  'service-level-with-switches': (c) =>
    kpi.serviceLevelWithSwitches({ ...c, withFlowOuts: true, withoutShortAbandons: true }),
  'abandonment-rate': kpi.abandonmentRate,
  'abandonment-rate-excluding-short': kpi.abandonmentRateExcludingShort,
  asa: kpi.asaMs,
  'longest-wait': (c) => c.longestWaitMs,
  aht: kpi.ahtMs,
  'talk-time': kpi.averageTalkMs,
  'hold-time': kpi.averageHoldMs,
  'wrap-up-time': kpi.averageWrapUpMs,
  'hold-ratio': kpi.holdTimeRatio,
  'first-response': kpi.firstResponseMs,
  'transfer-rate': kpi.transferRate,
  'rona-rate': kpi.ronaRate,
  occupancy: (c, kind) => kpi.occupancyWithoutRinging({ ...workOf(c, kind), readyMs: c.readyMs }),
  'occupancy-with-ringing': (c, kind) =>
    kind === 'queue'
      ? undefined
      : kpi.occupancyWithRinging({
          ...workOf(c, kind),
          readyMs: c.readyMs,
          ringingMs: c.ringingMs + c.reservedMs,
        }),
  utilisation: (c, kind) =>
    kind === 'queue' ? undefined : kpi.utilisation({ ...workOf(c, kind), loggedInMs: loggedInMs(c) }),
  'contacts-per-hour': (c, kind) =>
    kind === 'queue' ? undefined : kpi.contactsPerHour({ handled: c.handled, loggedInMs: loggedInMs(c) }),
  containment: (c) => kpi.containmentRate({ ...c, entered: c.arrived }),
};

/** Undefined: not made of counts, or nothing counted yet. */
export const figureOf = (name: FigureName, counts: FigureCounts, kind: ScopeKind): number | undefined =>
  formulas[name]?.(counts, kind);

export const scopeKindOf = (scope: string): ScopeKind =>
  (scope.includes(':') ? scope.slice(0, scope.indexOf(':')) : scope) as ScopeKind;
