/**
 * Joins enrolment, the live socket and the views: a refused or revoked display starts over with an empty screen. Which board
 * it shows follows from the tree that it is sent: its settings may change while it runs.
 */
import { computed } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { BoardTree } from '../../server/contract/boards.ts';
import type { BoardState } from '../../server/contract/live.ts';
import type { TicketAnswer } from '../../server/contract/rest.ts';
import { call } from '../../admin-ui/shared/api-client.ts';
import { createLiveClient, type LiveClient, type TicketOutcome } from '../../admin-ui/shared/live-client.ts';
import { createEnrolment, httpEnrolmentPorts } from '../live/enrolment.ts';
import { language, settleLanguage } from '../live/reading.ts';
import { isBoardTree } from '../live/board-tree.ts';
import type { BoardSource } from '../live/screen.ts';
import { readThresholdWishes, type ThresholdWishes } from '../live/thresholds.ts';
import { Board } from './board.tsx';
import { Boards } from './boards.tsx';
import { Enrol } from './enrol.tsx';

export type WallTree = BoardState | BoardTree;

const refusals = new Set([401, 403, 404, 410]);

async function openTicket(): Promise<TicketOutcome> {
  const answer = await call<TicketAnswer>('/display/ticket', { method: 'POST', body: {}, timeoutMs: 4000 });
  if (answer.isOk) return { kind: 'ok', url: answer.body.url };
  return { kind: refusals.has(answer.status) ? 'refused' : 'failed' };
}

interface WallProps {
  client: LiveClient<WallTree>;
  displayName: string;
  wishes: ThresholdWishes;
}

/** One client, read as what its tree is now. */
function Wall({ client, displayName, wishes }: WallProps) {
  const hasBoards = useMemo(
    () => computed(() => client.tree.value !== undefined && isBoardTree(client.tree.value)),
    [client],
  ).value;
  return hasBoards ? (
    <Boards source={client as BoardSource<BoardTree>} displayName={displayName} />
  ) : (
    <Board client={client as BoardSource<BoardState>} displayName={displayName} wishes={wishes} />
  );
}

export interface AppProps {
  /** The bench and the tests listen here. */
  onClient?: (client: LiveClient<WallTree>) => void;
}

export function App({ onClient }: AppProps) {
  const enrolment = useMemo(() => createEnrolment(httpEnrolmentPorts(() => language.peek())), []);
  const wishes = useMemo(() => readThresholdWishes(new URLSearchParams(window.location.search)), []);
  const client = useMemo(() => {
    const made = createLiveClient<WallTree>({
      openTicket,
      onRefused: () => enrolment.start(),
      onRevoked: () => enrolment.start(),
      onSettings: () => enrolment.refresh(),
    });
    onClient?.(made);
    return made;
  }, [enrolment, onClient]);
  const { value } = enrolment.enrolment;

  useEffect(() => {
    enrolment.start();
    return () => {
      enrolment.stop();
      client.stop();
    };
  }, [enrolment, client]);
  useEffect(() => {
    if (value.step !== 'approved') return;
    settleLanguage(value.language);
    client.start();
  }, [value, client]);

  return value.step === 'approved' ? (
    <Wall client={client} displayName={value.name} wishes={wishes} />
  ) : (
    <Enrol enrolment={value} />
  );
}
