/**
 * What /healthz says: ready, or which part is not. A part that only delays history does not stop calls. Channels of text are
 * told of, those that are switched off left out; one that is down is somebody else's server, and does not make us unready.
 */
import type { CallControl } from '../../sip/port.ts';
import type { ChannelHealth } from '../app/text/channel.ts';
import type { HealthAnswer } from '../contract/rest.ts';
import type { Stores } from './stores.ts';

export function healthOf(
  stores: Stores,
  calls: CallControl,
  isTakenOver: boolean,
  channels: Record<string, ChannelHealth>,
  watched: HealthAnswer['parts'],
): HealthAnswer {
  const engines = calls.health();
  const log = stores.log.health();
  const projector = stores.projector()?.health();
  const databaseFault = stores.databaseFault();
  const parts: HealthAnswer['parts'] = {
    'sip-engine': { isReady: engines.sip },
    'media-engine': { isReady: engines.media },
    redis: redisPart(stores),
    log: { isReady: log.isOk, detail: `${log.state}, ${log.unwritten} events not yet in Redis` },
    postgres: {
      isReady: projector !== undefined && projector.fault !== 'postgres' && stores.isDatabaseUp(),
      detail: [
        projector ? `history is at ${projector.projectedSeq} of ${log.lastSeq}` : 'not reached yet',
        ...(databaseFault === undefined ? [] : [databaseFault]),
      ].join('; '),
    },
    routing: { isReady: isTakenOver },
  };
  const isReady = Object.values(parts).every((part) => part.isReady);
  return { isReady, parts: { ...parts, ...channelParts(channels), ...watched } };
}

function redisPart(stores: Stores): HealthAnswer['parts'][string] {
  const isReady = stores.isRedisUp();
  const why = stores.redisFault();
  return { isReady, ...(!isReady && why !== undefined && { detail: why }) };
}

function channelParts(channels: Record<string, ChannelHealth>): HealthAnswer['parts'] {
  return Object.fromEntries(
    Object.entries(channels).flatMap(([id, health]) => {
      if (health.state === 'off') return [];
      const detail = 'detail' in health ? `${health.state}: ${health.detail}` : health.state;
      return [[`channel-${id}`, { isReady: health.state === 'up', detail }]];
    }),
  );
}
