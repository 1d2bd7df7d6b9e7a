/**
 * The emergency switch on the live page (M4): a red band for everybody who watches while it is on, and for those who may
 * switch it a button that asks first. Shows only what the server says is so; never what was merely asked for.
 */
import { useSignal, type Signal } from '@preact/signals';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { EmergencyAnswer } from '../../../server/contract/emergency.ts';
import type { FloorState } from '../../../server/contract/live.ts';
import { fill } from '../../shared/words.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { formats, words } from '../reading.ts';
import { limits, may, refusalText } from '../session.ts';
import { AskOff, AskOn, queueName } from './emergency-ask.tsx';
import { createEmergencyClient, type EmergencyClient, type Scope } from './emergency-client.ts';

type Asking = { what: 'on' } | { what: 'off'; scope: Scope };

export interface Emergency {
  client: EmergencyClient;
  asking: Signal<Asking | undefined>;
}

const openerId = 'emergency-open';

/** One for the page; what is on is read while the page is open. */
export function useEmergency(): Emergency {
  const client = useMemo(createEmergencyClient, []);
  const asking = useSignal<Asking | undefined>(undefined);
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
  return { client, asking };
}

function Warning() {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path
        d="M10 2.500L18.500 17h-17zM10 8v4M10 14.200v.6"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}

/** For the page's head: only for those who may switch. */
export function EmergencyButton({ emergency: { client, asking } }: { emergency: Emergency }) {
  if (!may('routing.switch')) return null;
  return (
    <button
      type="button"
      id={openerId}
      class="button is-danger with-icon emergency-open"
      aria-haspopup="dialog"
      disabled={client.state.value === undefined}
      onClick={() => {
        asking.value = { what: 'on' };
      }}
    >
      <Warning />
      {words.value.emergencyOpen}
    </button>
  );
}

/** A queue that the site no longer has holds nobody: its emergency is shown again should it come back. */
function scopesOn(state: EmergencyAnswer, floor: FloorState | undefined): Scope[] {
  const queueIds = floor ? state.queueIds.filter((queueId) => queueId in floor.board.queues) : state.queueIds;
  return [...(state.isSiteOn ? [{}] : []), ...queueIds.map((queueId) => ({ queueId }))];
}

function scopeText({ queueId }: Scope, floor: FloorState | undefined): string {
  const w = words.value;
  return queueId === undefined
    ? w.emergencyAll
    : fill(w.emergencyQueue, { queue: queueName(floor, queueId) });
}

/** Read out when it changes, and not whenever the page is drawn: the region is always there, its text changes. */
function Announcement({ text }: { text: string }) {
  const wasOn = useRef(false);
  if (text !== '') wasOn.current = true;
  return (
    <p class="emergency-said" role="alert">
      {text === '' && wasOn.current ? words.value.emergencyOver : text}
    </p>
  );
}

interface BandProps {
  emergency: Emergency;
  floor: FloorState | undefined;
  /** The page says by itself that it is cut off. */
  isCutOff: boolean;
}

export function EmergencyBand({ emergency: { client, asking }, floor, isCutOff }: BandProps) {
  const w = words.value;
  const state = client.state.value;
  const refusal = client.refusal.value;
  const ask = asking.value;
  const scopes = state ? scopesOn(state, floor) : [];
  const close = () => {
    asking.value = undefined;
  };
  const wasAsked = useRef(false);
  useEffect(() => {
    // What was switched off took its button along: the focus goes to the one that stays.
    if (!ask && document.activeElement === document.body && wasAsked.current)
      document.getElementById(openerId)?.focus();
    wasAsked.current = ask !== undefined;
  }, [ask]);
  return (
    <>
      <Announcement text={scopes.map((scope) => scopeText(scope, floor)).join('. ')} />
      {scopes.length > 0 && (
        <section class="emergency-band" aria-label={w.emergencyTitle}>
          <Warning />
          <ul>
            {scopes.map((scope) => (
              <BandEntry
                key={scope.queueId ?? ''}
                scope={scope}
                text={scopeText(scope, floor)}
                onOff={() => {
                  asking.value = { what: 'off', scope };
                }}
              />
            ))}
          </ul>
          <small>
            {/* They may be more than fit: the rest is scrolled to. */}
            {scopes.length > 1 &&
              `${fill(w.emergencyCount, { count: formats.value.number(scopes.length) })} `}
            {w.emergencySeenBy}
          </small>
        </section>
      )}
      {refusal && !isCutOff && (
        <Notice kind="bad">{fill(w.emergencyUnread, { why: refusalText(refusal) })}</Notice>
      )}
      {state && ask?.what === 'on' && <AskOn client={client} state={state} floor={floor} onClose={close} />}
      {state && ask?.what === 'off' && (
        <AskOff client={client} state={state} floor={floor} scope={ask.scope} onClose={close} />
      )}
    </>
  );
}

function BandEntry({ scope, text, onOff }: { scope: Scope; text: string; onOff: () => void }) {
  const id = `emergency-${scope.queueId ?? 'site'}`;
  return (
    <li data-emergency={scope.queueId ?? ''}>
      <b id={`${id}-text`}>{text}</b>
      {may('routing.switch') && !(scope.queueId === undefined && limits()) && (
        <button
          type="button"
          id={`${id}-off`}
          class="button is-small"
          aria-haspopup="dialog"
          aria-labelledby={`${id}-off ${id}-text`}
          onClick={onOff}
        >
          {words.value.emergencyOffAsk}
        </button>
      )}
    </li>
  );
}
