/** What /healthz says: ready, or which part is not. A part that only delays history does not stop calls. */
import type { CallControl } from '../../sip/port.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { Stores } from './stores.ts';

export function healthOf(stores: Stores, calls: CallControl, isTakenOver: boolean): HealthAnswer {
  const engines = calls.health();
  const log = stores.log.health();
  const projector = stores.projector()?.health();
  const parts: HealthAnswer['parts'] = {
    'sip-engine': { isReady: engines.sip },
    'media-engine': { isReady: engines.media },
    redis: { isReady: stores.isRedisUp() },
    log: { isReady: log.isOk, detail: `${log.state}, ${log.unwritten} events not yet in Redis` },
    postgres: {
      isReady: projector !== undefined && projector.fault !== 'postgres' && stores.isDatabaseUp(),
      detail: projector ? `history is at ${projector.projectedSeq} of ${log.lastSeq}` : 'not reached yet',
    },
    routing: { isReady: isTakenOver },
  };
  return { isReady: Object.values(parts).every((part) => part.isReady), parts };
}
