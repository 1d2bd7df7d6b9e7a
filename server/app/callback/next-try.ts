/**
 * When a customer who was not reached is called again. What the customer's side said counts as a try (busy, no answer,
 * refused); a fault of ours, or of our line, does not, but is not repeated for ever either. A wrong number is not called
 * again. Pure.
 */
import type { NotReachedCause } from '../../contract/events.ts';
import type { SiteCallbacks } from '../../contract/site-callbacks.ts';

export interface Attempt {
  /** From 1: calls that counted, this one included. */
  readonly attempt: number;
  /** Calls that failed by our own fault, on end. */
  readonly faults: number;
}
export interface NextTry extends Attempt {
  /** ms UTC. */
  readonly notBefore: number;
}

const faultPausesMs = [30_000, 60_000, 120_000, 300_000, 900_000];
/** About a day of a line that is down. */
const faultsAtMost = 100;

export function nextTry(
  { attempt, faults }: Attempt,
  cause: NotReachedCause,
  { tries, retryMin }: Pick<SiteCallbacks, 'tries' | 'retryMin'>,
  now: number,
): NextTry | undefined {
  switch (cause) {
    case 'wrong-number':
      return undefined;
    case 'no-line':
    case 'interrupted': {
      if (faults >= faultsAtMost) return undefined;
      const pauseMs = faultPausesMs[Math.min(faults, faultPausesMs.length - 1)]!;
      return { attempt, faults: faults + 1, notBefore: now + pauseMs };
    }
    case 'busy':
    case 'no-answer':
    case 'rejected':
    case 'agent-hung-up':
      if (attempt >= tries) return undefined;
      return { attempt: attempt + 1, faults: 0, notBefore: now + retryMin * 60_000 };
  }
}
