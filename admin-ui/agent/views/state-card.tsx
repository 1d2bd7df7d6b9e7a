/** The agent's own state: large, with its time; one button for the likeliest change and a menu for all of them. */
import type { DeskStateRequest, DeskView } from '../../../server/contract/desk.ts';
import type { AgentState } from '../../../server/contract/events.ts';
import { AgentShape } from '../../shared/parts/state-shape.tsx';
import { fill } from '../../shared/words.ts';
import { usePlace } from '../place.ts';
import { words, type AgentWords, type TextKey } from '../reading.ts';
import { Left, Since } from './clock.tsx';
import { Icon } from './icons.tsx';
import { Popup } from './popup.tsx';

const stateWord: Record<AgentState, TextKey> = {
  'logged-out': 'stateLoggedOut',
  'not-ready': 'stateNotReady',
  ready: 'stateReady',
  reserved: 'stateReserved',
  ringing: 'stateRinging',
  talking: 'stateTalking',
  hold: 'stateHold',
  'wrap-up': 'stateWrapUp',
  unreachable: 'stateUnreachable',
};
/** By the contract (`systemReasons`). */
const systemReasonWord: Record<string, TextKey> = {
  rona: 'reasonRona',
  'offer-rejected': 'reasonRejected',
  'phone-unreachable': 'reasonPhone',
  supervisor: 'reasonSupervisor',
  'connection-lost': 'reasonConnection',
  'just-logged-in': 'reasonLoggedIn',
  'logging-out': 'reasonLoggingOut',
};

function reasonText(w: AgentWords, desk: DeskView, reason: string | undefined): string | undefined {
  if (reason === undefined) return undefined;
  const chosen = desk.reasons.find((entry) => entry.id === reason)?.name;
  if (chosen !== undefined && desk.isSystemReason !== true) return chosen;
  const word = systemReasonWord[reason];
  return word === undefined ? (chosen ?? reason) : w[word];
}

function pendingText(w: AgentWords, desk: DeskView): string | undefined {
  const { pending } = desk;
  if (!pending) return undefined;
  if (pending.to === 'ready') return w.pendingReady;
  if (pending.to === 'logged-out') return w.pendingLoggedOut;
  const reason = desk.reasons.find((entry) => entry.id === pending.reason)?.name;
  return reason === undefined ? w.pendingNotReady : fill(w.pendingNotReadyReason, { reason });
}

function StateMenu({ desk, close }: { desk: DeskView; close: () => void }) {
  const { actions } = usePlace();
  const w = words.value;
  const choose = (to: DeskStateRequest) => {
    close();
    void actions.setState(to);
  };
  return (
    <>
      <button type="button" class="menu-item" data-to="ready" onClick={() => choose({ to: 'ready' })}>
        <AgentShape state="ready" />
        {w.stateReady}
      </button>
      <p class="menu-title" id="reasons-title">
        {w.notReadyBecause}
      </p>
      <div role="group" aria-labelledby="reasons-title">
        {desk.reasons.map((reason) => (
          <button
            key={reason.id}
            type="button"
            class="menu-item"
            data-reason={reason.id}
            onClick={() => choose({ to: 'not-ready', reason: reason.id })}
          >
            <AgentShape state="not-ready" />
            <span data-given>{reason.name}</span>
          </button>
        ))}
      </div>
      <div class="menu-end">
        <button
          type="button"
          class="menu-item"
          data-to="logged-out"
          onClick={() => choose({ to: 'logged-out' })}
        >
          <AgentShape state="logged-out" />
          {w.logOut}
        </button>
      </div>
    </>
  );
}

export function StateCard({ desk }: { desk: DeskView }) {
  const { actions } = usePlace();
  const w = words.value;
  const isBusy = actions.busy.value.has('state');
  const reason = desk.state === 'not-ready' ? reasonText(w, desk, desk.reason) : undefined;
  const pending = pendingText(w, desk);
  return (
    <section class={`state-card is-${desk.state}`} data-state={desk.state}>
      <Popup
        id="state-menu"
        class="state-opener"
        face={
          <>
            <AgentShape state={desk.state} />
            <span class="state-text">
              <b>{w[stateWord[desk.state]]}</b>
              {reason !== undefined && <small data-given>{reason}</small>}
            </span>
            <span class="state-time">
              <Since at={desk.since} />
            </span>
            <Icon name="down" />
            <span class="for-readers">{w.changeState}</span>
          </>
        }
      >
        {(close) => <StateMenu desk={desk} close={close} />}
      </Popup>
      {pending !== undefined && <p class="state-pending">{pending}</p>}
      {desk.state === 'wrap-up' && desk.until !== undefined && (
        <p class="state-pending">
          <Left at={desk.until} text={w.untilTime} />
        </p>
      )}
      {desk.state === 'not-ready' && (
        <button
          type="button"
          class="button is-main is-wide go-ready"
          disabled={isBusy}
          onClick={() => void actions.setState({ to: 'ready' })}
        >
          {w.goReady}
        </button>
      )}
      {desk.state === 'wrap-up' && (
        <button
          type="button"
          class="button is-main is-wide end-wrap-up"
          disabled={isBusy}
          onClick={() => void actions.setState({ to: 'end-wrap-up' })}
        >
          {w.endWrapUp}
        </button>
      )}
    </section>
  );
}
