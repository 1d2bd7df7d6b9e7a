/**
 * What /healthz says: ready, or which part is not. Channels of text are told of and do not count: the bank's mail relay being
 * away is no reason to take calls from this house.
 */
import type { CallControl } from '../../sip/port.ts';
import type { ChannelHealth } from '../app/text/channel.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { Stores } from './stores.ts';

export function healthOf(
  stores: Stores,
  calls: CallControl,
  isTakenOver: boolean,
  channels: Readonly<Record<string, ChannelHealth>>,
): HealthAnswer {
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
  const isReady = Object.values(parts).every((part) => part.isReady);
  for (const [name, health] of Object.entries(channels)) parts[name] = partOf(health);
  return { isReady, parts };
}

function partOf(health: ChannelHealth): HealthAnswer['parts'][string] {
  const { state } = health;
  const detail =
    'detail' in health ? `${state} since ${new Date(health.since).toISOString()}: ${health.detail}` : state;
  return { isReady: state !== 'down', detail };
}
