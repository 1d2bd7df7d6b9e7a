/** The two questions of the emergency switch: where to switch it on, and whether to switch it off. Says first what will happen. */
import { useState } from 'preact/hooks';
import type { EmergencyAnswer } from '../../../server/contract/emergency.ts';
import type { FloorState } from '../../../server/contract/live.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { fill, plural } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { formats, language, words } from '../reading.ts';
import { limits, refusalText } from '../session.ts';
import type { EmergencyClient, Scope } from './emergency-client.ts';

interface AskProps {
  client: EmergencyClient;
  state: EmergencyAnswer;
  floor: FloorState | undefined;
  onClose: () => void;
}

export const queueName = (floor: FloorState | undefined, queueId: string): string =>
  floor?.board.queues[queueId]?.name ?? queueId;

export const isOn = (state: EmergencyAnswer, { queueId }: Scope): boolean =>
  queueId === undefined ? state.isSiteOn : state.queueIds.includes(queueId);

/** Those whom the switch sends away at once: what rings at an agent is let ring. */
function waitingIn(floor: FloorState | undefined, { queueId }: Scope): number {
  return Object.values(floor?.contacts ?? {}).filter(
    (contact) => contact.state === 'waiting' && (queueId === undefined || contact.queueId === queueId),
  ).length;
}

function useSwitch({ client, onClose }: AskProps) {
  const [isBusy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const run = async (wanted: boolean, scope: Scope) => {
    if (isBusy) return;
    setBusy(true);
    setRefusal(undefined);
    const answer = await client.switchTo(wanted, scope);
    setBusy(false);
    if (answer.isOk) onClose();
    else setRefusal(answer);
  };
  return { isBusy, refusal, run };
}

function Refused({ refusal }: { refusal: Refusal | undefined }) {
  if (!refusal) return null;
  // Without an answer the request may have done its work.
  const unsure = refusal.code === 'unreachable' ? ` ${words.value.emergencyUnsure}` : '';
  return <Notice kind="bad">{`${refusalText(refusal)}${unsure}`}</Notice>;
}

interface ChoiceProps {
  scope: Scope;
  name: string;
  isOn: boolean;
  waiting: number;
  isChosen: boolean;
  onChoose: (scope: Scope) => void;
}

function Choice({ scope, name, isOn: isAlready, waiting, isChosen, onChoose }: ChoiceProps) {
  const w = words.value;
  return (
    <label class={`emergency-choice ${isChosen ? 'is-chosen' : ''}`} data-scope={scope.queueId ?? ''}>
      <input
        type="radio"
        name="emergency-scope"
        checked={isChosen}
        disabled={isAlready && !isChosen}
        onChange={() => onChoose(scope)}
      />
      <span class="emergency-name">{name}</span>
      <span class="quiet">
        {isAlready
          ? w.emergencyIsOn
          : plural(language.value, w.emergencyWaiting, waiting, formats.value.number(waiting))}
      </span>
    </label>
  );
}

function Consequences({ scope, name }: { scope: Scope; name: string }) {
  const w = words.value;
  const now = scope.queueId === undefined ? w.emergencyNowAll : fill(w.emergencyNowQueue, { queue: name });
  return (
    <ul>
      <li>
        <b>{now}</b>
      </li>
      <li>{w.emergencyThen}</li>
      <li>{w.emergencyRinging}</li>
      <li>{w.emergencyElsewhere}</li>
      <li>{w.emergencyTold}</li>
    </ul>
  );
}

/** Nothing is chosen beforehand, so that Enter pressed twice sends nobody away. */
export function AskOn(props: AskProps) {
  const { state, floor, onClose } = props;
  const [chosen, setChosen] = useState<Scope>();
  const { isBusy, refusal, run } = useSwitch(props);
  const w = words.value;
  const queues = Object.values(floor?.board.queues ?? {}).sort((a, b) =>
    a.name.localeCompare(b.name, language.value),
  );
  const isAlready = chosen !== undefined && isOn(state, chosen);
  const choices = [
    // The whole site is not theirs to switch who see a part of it.
    ...(limits() ? [] : [{ scope: {} as Scope, name: w.emergencyScopeAll }]),
    ...queues.map(({ queueId, name }) => ({ scope: { queueId } as Scope, name })),
  ];
  const name = chosen?.queueId === undefined ? w.emergencyScopeAll : queueName(floor, chosen.queueId);
  const confirm =
    chosen === undefined
      ? w.emergencyOn
      : chosen.queueId === undefined
        ? w.emergencyOnAll
        : w.emergencyOnQueue;
  return (
    <Dialog
      title={w.emergencyTitle}
      confirm={confirm}
      isDanger
      isBusy={isBusy || chosen === undefined || isAlready}
      onConfirm={() => {
        if (chosen && !isAlready) void run(true, chosen);
      }}
      onClose={onClose}
    >
      <fieldset class="emergency-choices">
        <legend>{w.emergencyWhich}</legend>
        <div>
          {choices.map((choice) => (
            <Choice
              key={choice.scope.queueId ?? ''}
              {...choice}
              isOn={isOn(state, choice.scope)}
              waiting={waitingIn(floor, choice.scope)}
              isChosen={chosen !== undefined && chosen.queueId === choice.scope.queueId}
              onChoose={setChosen}
            />
          ))}
        </div>
      </fieldset>
      <div class="emergency-what" aria-live="polite">
        <h3>{w.emergencyWhat}</h3>
        {chosen === undefined ? (
          <p class="quiet">{w.emergencyChoose}</p>
        ) : isAlready ? (
          <p>{w.emergencyAlready}</p>
        ) : (
          <Consequences scope={chosen} name={name} />
        )}
      </div>
      <Refused refusal={refusal} />
    </Dialog>
  );
}

export function AskOff(props: AskProps & { scope: Scope }) {
  const { state, floor, scope, onClose } = props;
  const { isBusy, refusal, run } = useSwitch(props);
  const w = words.value;
  const queue = scope.queueId === undefined ? undefined : queueName(floor, scope.queueId);
  const stays = state.queueIds.map((queueId) => queueName(floor, queueId)).join(', ');
  return (
    <Dialog
      title={queue === undefined ? w.emergencyOffTitleAll : fill(w.emergencyOffTitleQueue, { queue })}
      confirm={w.emergencyOff}
      isBusy={isBusy}
      onConfirm={() => void run(false, scope)}
      onClose={onClose}
    >
      {queue === undefined ? (
        <p>{w.emergencyOffAll}</p>
      ) : (
        <p>{state.isSiteOn ? fill(w.emergencyStillAll, { queue }) : fill(w.emergencyOffQueue, { queue })}</p>
      )}
      {queue === undefined && stays !== '' && <p>{fill(w.emergencyStillQueues, { queues: stays })}</p>}
      <Refused refusal={refusal} />
    </Dialog>
  );
}
