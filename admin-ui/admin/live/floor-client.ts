/** The console's live socket: one while the live page is open, opened with a single-use ticket of the session (M11). */
import type { FloorState } from '../../../server/contract/live.ts';
import type { TicketAnswer } from '../../../server/contract/rest.ts';
import { createLiveClient, type LiveClient } from '../../shared/live-client.ts';
import { api, begin } from '../session.ts';

export type FloorClient = LiveClient<FloorState>;

export function createFloorClient(): FloorClient {
  return createLiveClient<FloorState>({
    openTicket: async () => {
      const answer = await api<TicketAnswer>('/api/live-ticket', {
        method: 'POST',
        body: { scope: 'floor' },
      });
      if (answer.isOk) return { kind: 'ok', url: answer.body.url };
      return { kind: answer.status === 401 || answer.status === 403 ? 'refused' : 'failed' };
    },
    // The session is gone or was narrowed: ask who we are, and show what follows.
    onRefused: () => void begin(),
    onRevoked: () => void begin(),
  });
}
