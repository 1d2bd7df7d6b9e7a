/** Where to: a queue or a colleague, with a note for whoever takes it. */
import { useEffect, useState } from 'preact/hooks';
import type { DeskContact, DeskTargets, TransferRequest } from '../../../server/contract/desk.ts';
import { Dialog } from '../../shared/parts/dialog.tsx';
import { AgentShape } from '../../shared/parts/state-shape.tsx';
import type { Answer } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';
import { deskRefusalText } from '../told.ts';
import { Icon } from './icons.tsx';

type Target = { queueId: string } | { agentId: string };

const keyOf = (target: Target) =>
  'queueId' in target ? `queue ${target.queueId}` : `agent ${target.agentId}`;

interface ChoiceProps {
  target: Target;
  name: string;
  isReady?: boolean;
  chosen: string | undefined;
  onChoose: (target: Target) => void;
}

function Choice({ target, name, isReady, chosen, onChoose }: ChoiceProps) {
  const w = words.value;
  const key = keyOf(target);
  return (
    <label class={`choice ${chosen === key ? 'is-chosen' : ''}`}>
      <input
        type="radio"
        name="target"
        value={key}
        checked={chosen === key}
        onChange={() => onChoose(target)}
      />
      {isReady !== undefined && <AgentShape state={isReady ? 'ready' : 'not-ready'} />}
      <span class="choice-name" data-given>
        {name}
      </span>
      {isReady !== undefined && <small class="quiet">{isReady ? w.agentReady : w.agentNotReady}</small>}
    </label>
  );
}

/** Who is ready changes while one chooses. */
const renewEveryMs = 5000;

/** Asked for while the dialog is open; a question that fails leaves the last answer standing. */
function useTargets() {
  const { actions } = usePlace();
  const [answer, setAnswer] = useState<Answer<DeskTargets>>();
  useEffect(() => {
    let isOpen = true;
    const ask = async () => {
      const next = await actions.targets();
      if (isOpen) setAnswer((before) => (next.isOk || !before?.isOk ? next : before));
    };
    void ask();
    const timer = setInterval(() => void ask(), renewEveryMs);
    return () => {
      isOpen = false;
      clearInterval(timer);
    };
  }, [actions]);
  return answer;
}

export function TransferDialog({ contact }: { contact: DeskContact }) {
  const { actions, closeDialog, told } = usePlace();
  const [target, setTarget] = useState<Target>();
  const [search, setSearch] = useState('');
  const [note, setNote] = useState('');
  const [isAsked, setAsked] = useState(false);
  const w = words.value;
  const wanted = search.trim().toLocaleLowerCase();
  const fits = ({ name }: { name: string }) => name.toLocaleLowerCase().includes(wanted);
  const answer = useTargets();
  const targets: DeskTargets = answer?.isOk ? answer.body : { queues: [], agents: [] };
  const queues = targets.queues.filter(fits);
  // Who can take it now comes first.
  const agents = targets.agents
    .filter(fits)
    .sort((a, b) => Number(b.isReady) - Number(a.isReady) || a.name.localeCompare(b.name));
  const chosen = target && keyOf(target);
  const close = () => closeDialog('transfer');
  const run = async () => {
    setAsked(true);
    if (!target) return;
    const body: TransferRequest = { ...target, ...(note.trim() !== '' && { note: note.trim() }) };
    if (!(await actions.transfer(contact.contactId, body))) return;
    close();
    told.tell('good', (now) => now.transferred);
  };
  return (
    <Dialog
      title={w.transferTitle}
      confirm={w.transfer}
      cancel={w.cancel}
      isWide
      isBusy={actions.busy.value.has(`contact ${contact.contactId}`)}
      onConfirm={() => void run()}
      onClose={close}
    >
      <label class="search">
        <Icon name="search" />
        <span class="for-readers">{w.transferSearch}</span>
        <input
          id="transfer-search"
          type="search"
          placeholder={w.transferSearch}
          autocomplete="off"
          value={search}
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
      </label>
      <div class="choices" tabIndex={-1}>
        {!answer && <p class="quiet">{w.loading}</p>}
        {answer && !answer.isOk && <Notice kind="bad">{deskRefusalText(answer)}</Notice>}
        {answer?.isOk && queues.length + agents.length === 0 && <p class="quiet">{w.transferNone}</p>}
        {queues.length > 0 && (
          <fieldset>
            <legend>{w.transferQueues}</legend>
            {queues.map(({ queueId, name }) => (
              <Choice key={queueId} target={{ queueId }} name={name} chosen={chosen} onChoose={setTarget} />
            ))}
          </fieldset>
        )}
        {agents.length > 0 && (
          <fieldset>
            <legend>{w.transferAgents}</legend>
            {agents.map(({ agentId, name, isReady }) => (
              <Choice
                key={agentId}
                target={{ agentId }}
                name={name}
                isReady={isReady}
                chosen={chosen}
                onChoose={setTarget}
              />
            ))}
          </fieldset>
        )}
      </div>
      {contact.channel !== 'voice' && (
        <div class="field">
          <label for="transfer-note">{w.transferNote}</label>
          <textarea
            id="transfer-note"
            rows={3}
            value={note}
            maxLength={20_000}
            onInput={(event) => setNote(event.currentTarget.value)}
          />
        </div>
      )}
      {isAsked && !target && (
        <p class="dialog-fault" role="alert">
          {w.transferChoose}
        </p>
      )}
    </Dialog>
  );
}
