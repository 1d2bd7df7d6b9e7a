/** The questions of the page of blocked senders: whom to block and why, and whether to take from them again. */
import { useState } from 'preact/hooks';
import type {
  BlockFault,
  BlockKind,
  BlockRequest,
  BlockRow,
} from '../../../server/contract/rest-quarantine.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { words, type ConsoleWords, type TextKey } from '../reading.ts';
import { api, refusalText } from '../session.ts';

export const kindWord: Record<BlockKind, { name: TextKey; help: TextKey }> = {
  'mail-address': { name: 'blocksMailAddress', help: 'blocksMailAddressHelp' },
  'mail-domain': { name: 'blocksMailDomain', help: 'blocksMailDomainHelp' },
  network: { name: 'blocksNetwork', help: 'blocksNetworkHelp' },
  phone: { name: 'blocksPhone', help: 'blocksPhoneHelp' },
};
/** By the contract, whose module would bring the validator along. */
const kinds = ['mail-address', 'mail-domain', 'network', 'phone'] as const satisfies readonly BlockKind[];

const faultWord: Record<BlockFault, TextKey> = {
  'not-an-address': 'blocksBadAddress',
  'not-a-domain': 'blocksBadDomain',
  'not-a-network': 'blocksBadNetwork',
  'too-broad': 'blocksTooBroad',
  'not-a-number': 'blocksBadPhone',
  'ends-too-soon': 'blocksBadEnd',
  'ends-too-late': 'blocksBadEnd',
};

function blockRefusal(w: ConsoleWords, refusal: Refusal): string {
  const { reason } = refusal.details;
  if (reason === 'already-blocked') return w.blocksAlready;
  if (reason === 'full') return w.blocksFull;
  const fault = Object.entries(faultWord).find(([code]) => code === reason);
  return fault ? w[fault[1]] : refusalText(refusal);
}

/** The end of that day where the reader sits; undefined: none. */
function endOf(day: string): number | undefined {
  const [, year, month, date] = /^(\d{4,6})-(\d\d)-(\d\d)$/.exec(day)?.map(Number) ?? [];
  if (year === undefined || month === undefined || date === undefined) return undefined;
  return new Date(year, month - 1, date + 1).getTime();
}

function KindField({ kind, onKind }: { kind: BlockKind; onKind: (kind: BlockKind) => void }) {
  const w = words.value;
  return (
    <div class="field">
      <label for="block-kind">{w.blocksKind}</label>
      <select
        id="block-kind"
        value={kind}
        onChange={(event) => {
          const next = kinds.find((entry) => entry === event.currentTarget.value);
          if (next) onKind(next);
        }}
      >
        {kinds.map((entry) => (
          <option key={entry} value={entry}>
            {w[kindWord[entry].name]}
          </option>
        ))}
      </select>
    </div>
  );
}

function EndField({ day, onDay }: { day: string; onDay: (day: string) => void }) {
  const w = words.value;
  return (
    <div class="field">
      <label for="block-ends">{w.blocksEnds}</label>
      <input
        id="block-ends"
        type="date"
        value={day}
        aria-describedby="block-ends-help"
        onInput={(event) => onDay(event.currentTarget.value)}
      />
      <small id="block-ends-help" class="quiet">
        {w.blocksEndsHelp}
      </small>
    </div>
  );
}

export function NewBlock({ onAdded }: { onAdded: () => void }) {
  const [kind, setKind] = useState<BlockKind>('mail-address');
  const [value, setValue] = useState('');
  const [reason, setReason] = useState('');
  const [day, setDay] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [told, setTold] = useState<{ isGood: boolean; text: string }>();
  const w = words.value;
  const add = async () => {
    setBusy(true);
    setTold(undefined);
    const endsAt = endOf(day);
    const body: BlockRequest = {
      kind,
      value: value.trim(),
      reason: reason.trim(),
      ...(endsAt !== undefined && { endsAt }),
    };
    const answer = await api<BlockRow>('/api/blocks', { method: 'POST', body });
    setBusy(false);
    if (!answer.isOk) {
      setTold({ isGood: false, text: blockRefusal(words.peek(), answer) });
      return;
    }
    setTold({ isGood: true, text: fill(words.peek().blocksAdded, { value: answer.body.value }) });
    setValue('');
    setReason('');
    setDay('');
    onAdded();
  };
  return (
    <form
      class="card new-block"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <h2>{w.blocksNew}</h2>
      <div class="new-block-row">
        <KindField kind={kind} onKind={setKind} />
        <Field
          id="block-value"
          label={w[kindWord[kind].name]}
          help={w[kindWord[kind].help]}
          value={value}
          onText={setValue}
          autocomplete="off"
          spellcheck={false}
          maxLength={320}
          required
        />
        <Field
          id="block-reason"
          label={w.blocksWhy}
          help={w.blocksWhyHelp}
          value={reason}
          onText={setReason}
          autocomplete="off"
          minLength={3}
          maxLength={300}
          required
        />
        <EndField day={day} onDay={setDay} />
        <button type="submit" class="button is-main" disabled={isBusy}>
          {w.blocksAdd}
        </button>
      </div>
      {told && <Notice kind={told.isGood ? 'good' : 'bad'}>{told.text}</Notice>}
    </form>
  );
}

interface AskRemoveProps {
  block: BlockRow;
  onDone: () => void;
  onClose: () => void;
}

export function AskRemove({ block, onDone, onClose }: AskRemoveProps) {
  const [error, setError] = useState<string>();
  const w = words.value;
  const run = async () => {
    const answer = await api(`/api/blocks/${encodeURIComponent(block.blockId)}`, { method: 'DELETE' });
    // Somebody else was faster: it is as it was asked for.
    if (answer.isOk || answer.status === 404) onDone();
    else setError(refusalText(answer));
  };
  return (
    <Dialog
      title={fill(w.blocksRemoveTitle, { value: block.value })}
      confirm={w.blocksRemove}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>{w.blocksRemoveHelp}</p>
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}
