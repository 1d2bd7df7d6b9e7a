/** Which figures a report shows of what, and of which counts each is made: those are what a click on it opens. Pure. */
import type { FigureName } from '../../../server/contract/figure-facts.ts';
import type { DrillCount, ReportKey } from '../../../server/contract/rest-reports.ts';

export const serviceLevels = [
  'service-level',
  'service-level-negative',
  'service-level-positive',
  'service-level-only-handled',
  'service-level-with-switches',
] as const satisfies readonly FigureName[];

/** Of agents and teams there is no offer that they could have abandoned: their columns are of their work. */
export function columnsOf(by: ReportKey, isWithVariants: boolean): readonly FigureName[] {
  if (by === 'agent' || by === 'team')
    return [
      'answered',
      'handled',
      'transferred',
      'transfer-rate',
      'aht',
      'talk-time',
      'hold-time',
      'wrap-up-time',
      'first-response',
      'contacts-per-hour',
      'occupancy',
      'utilisation',
    ];
  return [
    'offered',
    'answered',
    'abandoned',
    'flowed-out',
    ...(isWithVariants ? serviceLevels : serviceLevels.slice(0, 1)),
    'asa',
    'longest-wait',
    'aht',
    'abandonment-rate',
    'first-response',
    ...(by === 'site' ? (['occupancy'] as const) : []),
    'handled',
    'transferred',
  ];
}

const inTarget: readonly DrillCount[] = ['answeredInTarget', 'abandonedInTarget', 'serviceLevelOffered'];
const parts: Partial<Record<FigureName, readonly DrillCount[]>> = {
  offered: ['offered'],
  answered: ['answered'],
  abandoned: ['abandoned'],
  'short-abandoned': ['shortAbandoned'],
  'flowed-out': ['flowedOut'],
  'service-level': inTarget,
  'service-level-negative': ['answeredInTarget', 'serviceLevelOffered'],
  'service-level-positive': inTarget,
  'service-level-only-handled': ['answeredInTarget', 'answered'],
  'service-level-with-switches': ['answeredInTarget', 'answered', 'abandoned', 'shortAbandoned', 'flowedOut'],
  asa: ['answered'],
  'longest-wait': ['answered', 'abandoned', 'flowedOut'],
  aht: ['handled'],
  'talk-time': ['handled'],
  'hold-time': ['handled'],
  'wrap-up-time': ['handled'],
  'abandonment-rate': ['abandoned', 'offered'],
  'first-response': ['replied'],
  'transfer-rate': ['transferred', 'answered'],
  'contacts-per-hour': ['handled'],
  occupancy: ['handled'],
  utilisation: ['handled'],
  handled: ['handled'],
  transferred: ['transferred'],
  waiting: ['waiting'],
};
/** The numerator first. Empty: no contact is behind it. */
export const partsOf = (name: FigureName): readonly DrillCount[] => parts[name] ?? [];
