/** Joins enrolment, the live socket and the two views: a refused or revoked display starts over with an empty screen. */
import { useEffect, useMemo } from 'preact/hooks';
import type { BoardState } from '../../server/contract/live.ts';
import type { TicketAnswer } from '../../server/contract/rest.ts';
import { call } from '../../admin-ui/shared/api-client.ts';
import { createLiveClient, type LiveClient, type TicketOutcome } from '../../admin-ui/shared/live-client.ts';
import { createEnrolment, httpEnrolmentPorts } from '../live/enrolment.ts';
import { language, settleLanguage } from '../live/reading.ts';
import { readThresholdWishes } from '../live/thresholds.ts';
import { Board } from './board.tsx';
import { Enrol } from './enrol.tsx';

const refusals = new Set([401, 403, 404, 410]);

async function openTicket(): Promise<TicketOutcome> {
  const answer = await call<TicketAnswer>('/display/ticket', { method: 'POST', body: {}, timeoutMs: 4000 });
  if (answer.isOk) return { kind: 'ok', url: answer.body.url };
  return { kind: refusals.has(answer.status) ? 'refused' : 'failed' };
}

export interface AppProps {
  /** The bench and the tests listen here. */
  onClient?: (client: LiveClient<BoardState>) => void;
}

export function App({ onClient }: AppProps) {
  const enrolment = useMemo(() => createEnrolment(httpEnrolmentPorts(() => language.peek())), []);
  const wishes = useMemo(() => readThresholdWishes(new URLSearchParams(window.location.search)), []);
  const client = useMemo(() => {
    const made = createLiveClient<BoardState>({
      openTicket,
      onRefused: () => enrolment.start(),
      onRevoked: () => enrolment.start(),
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
    <Board client={client} displayName={value.name} wishes={wishes} />
  ) : (
    <Enrol enrolment={value} />
  );
}
