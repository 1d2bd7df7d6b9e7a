/**
 * Displays: approve by the code on the screen, choose what each shows, rename, revoke. A display only reads figures (N16).
 * The QR code on a screen leads here with its code in the address, which outlasts a sign-in on the way.
 */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { BoardList, BoardRow } from '../../../server/contract/boards.ts';
import type {
  ApproveDisplayRequest,
  DisplayList,
  DisplayRow,
  RenameDisplayRequest,
} from '../../../server/contract/rest.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../../shared/parts/field.tsx';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { Table } from '../parts/table.tsx';
import { formats, words } from '../reading.ts';
import { pageQuery } from '../route.ts';
import { api, may, refusalText } from '../session.ts';
import { boardsText, DisplaySettingsDialog } from './displays-settings.tsx';

const refreshEveryMs = 5000;
const codeAtMost = 12;

function Approve({ onApproved }: { onApproved: () => void }) {
  const scanned = pageQuery.value.get('code') ?? '';
  const [code, setCode] = useState(scanned.toUpperCase().slice(0, codeAtMost));
  const [name, setName] = useState('');
  // Another screen scanned with the page open.
  useEffect(() => {
    if (scanned !== '') setCode(scanned.toUpperCase().slice(0, codeAtMost));
  }, [scanned]);
  const [isBusy, setBusy] = useState(false);
  const [result, setResult] = useState<{ isGood: boolean; text: string }>();
  const w = words.value;
  const approve = async () => {
    setBusy(true);
    setResult(undefined);
    const body: ApproveDisplayRequest = { code: code.trim(), name: name.trim() };
    const answer = await api<DisplayRow>('/api/displays/approve', { method: 'POST', body });
    setBusy(false);
    if (answer.isOk) {
      setResult({ isGood: true, text: fill(words.peek().displayApproved, { name: name.trim() }) });
      setCode('');
      setName('');
      onApproved();
    } else
      setResult({
        isGood: false,
        text: answer.status === 404 ? words.peek().codeUnknown : refusalText(answer),
      });
  };
  return (
    <form
      class="card approve"
      onSubmit={(event) => {
        event.preventDefault();
        void approve();
      }}
    >
      <p class="quiet">{fill(w.displaysHelp, { address: `${window.location.origin}/wallboard/` })}</p>
      <div class="approve-row">
        <Field
          id="code"
          label={w.displayCode}
          value={code}
          onText={(text) => setCode(text.toUpperCase())}
          autocomplete="off"
          spellcheck={false}
          maxLength={codeAtMost}
          required
        />
        <Field
          id="display-name"
          label={w.displayName}
          value={name}
          onText={setName}
          placeholder={w.displayNameExample}
          maxLength={80}
          autocomplete="off"
          autoFocus={scanned !== ''}
          required
        />
        <button type="submit" class="button is-main" disabled={isBusy}>
          {w.approve}
        </button>
      </div>
      {scanned !== '' && code !== '' && !result && <Notice kind="note">{w.displayCodeScanned}</Notice>}
      {result && <Notice kind={result.isGood ? 'good' : 'bad'}>{result.text}</Notice>}
    </form>
  );
}

function DisplayStatus({ display }: { display: DisplayRow }) {
  const w = words.value;
  const isOn = display.state === 'approved' && display.connections > 0;
  const text =
    display.state === 'revoked'
      ? w.displayRevoked
      : display.state === 'pending'
        ? w.displayPending
        : isOn
          ? w.displayOn
          : w.displayOff;
  return (
    <td>
      <span class="with-icon">
        <OnOffShape isOn={isOn} isBad={display.state === 'revoked'} />
        {text}
      </span>
    </td>
  );
}

type Asking = { what: 'revoke' | 'rename' | 'settings'; display: DisplayRow };
interface AskProps {
  asking: Asking;
  onDone: () => void;
  onClose: () => void;
}

function Ask({ asking, onDone, onClose }: AskProps) {
  const { what, display } = asking;
  const [name, setName] = useState(display.name ?? '');
  const [refusal, setRefusal] = useState<Refusal>();
  const w = words.value;
  const path = `/api/displays/${encodeURIComponent(display.displayId)}`;
  const run = async () => {
    const renamed: RenameDisplayRequest = { name: name.trim() };
    const answer =
      what === 'revoke'
        ? await api(`${path}/revoke`, { method: 'POST', body: {} })
        : await api(path, { method: 'PATCH', body: renamed });
    if (answer.isOk) onDone();
    else setRefusal(answer);
  };
  return (
    <Dialog
      title={what === 'revoke' ? fill(w.revokeTitle, { name: display.name ?? display.displayId }) : w.rename}
      confirm={what === 'revoke' ? w.revoke : w.save}
      isDanger={what === 'revoke'}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      {what === 'revoke' ? (
        <p>{w.revokeHelp}</p>
      ) : (
        <Field
          id="rename"
          label={w.displayName}
          value={name}
          onText={setName}
          maxLength={80}
          required
          autoFocus
        />
      )}
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
    </Dialog>
  );
}

function Actions({ display, onAsk }: { display: DisplayRow; onAsk: (asking: Asking) => void }) {
  const w = words.value;
  if (display.state !== 'approved') return null;
  const act = (what: Asking['what'], text: string) => (
    <button
      type="button"
      class={`button is-small ${what === 'revoke' ? 'is-danger' : ''}`}
      onClick={() => onAsk({ what, display })}
    >
      {text}
    </button>
  );
  return (
    <span class="row-actions">
      {may('boards.manage') && act('settings', w.displaySettings)}
      {may('displays.manage') && act('rename', w.rename)}
      {may('displays.manage') && act('revoke', w.revoke)}
    </span>
  );
}

export function DisplaysPage() {
  const [displays, setDisplays] = useState<DisplayRow[]>();
  const [boards, setBoards] = useState<BoardRow[]>([]);
  const [refusal, setRefusal] = useState<Refusal>();
  const [asking, setAsking] = useState<Asking>();
  const load = useCallback(async () => {
    const [answer, named] = await Promise.all([
      api<DisplayList>('/api/displays'),
      may('boards.manage') ? api<BoardList>('/api/boards') : undefined,
    ]);
    if (named?.isOk) setBoards(named.body.items);
    if (answer.isOk) {
      setDisplays(answer.body.items);
      setRefusal(undefined);
    } else setRefusal(answer);
  }, []);
  useEffect(() => {
    void load();
    const timer = setInterval(() => void load(), refreshEveryMs);
    return () => clearInterval(timer);
  }, [load]);
  const w = words.value;
  const { date, shortTime } = formats.value;
  const canManage = may('displays.manage');
  const canLayOut = may('boards.manage');
  const close = () => setAsking(undefined);
  const done = () => {
    close();
    void load();
  };
  const shownTime = (at: number | undefined) => (at === undefined ? w.none : `${date(at)} ${shortTime(at)}`);
  return (
    <>
      <PageHead title={w.pageDisplays} />
      {canManage && <Approve onApproved={() => void load()} />}
      {refusal && <Notice kind="bad">{refusalText(refusal)}</Notice>}
      {displays && (
        <Table
          name={w.pageDisplays}
          columns={[
            { id: 'name', title: w.colName },
            { id: 'status', title: w.colState },
            ...(canLayOut ? [{ id: 'boards', title: w.pageBoards }] : []),
            { id: 'moment', title: w.colLastSeen },
            { id: 'display-actions', title: w.colActions },
          ]}
          empty={w.nothingHere}
          isEmpty={displays.length === 0}
        >
          {displays.map((display) => (
            <tr key={display.displayId} data-display={display.displayId}>
              <td data-given title={display.userAgent ?? ''}>
                <span class="display-name">
                  {display.name ?? w.none}
                  {display.approvedAt !== undefined && (
                    <small>{`${w.colApproved} ${date(display.approvedAt)}`}</small>
                  )}
                </span>
              </td>
              <DisplayStatus display={display} />
              {canLayOut && (
                <td data-given title={display.state === 'approved' ? boardsText(display, boards) : ''}>
                  {display.state === 'approved' ? boardsText(display, boards) : w.none}
                </td>
              )}
              <td>{shownTime(display.lastSeenAt)}</td>
              <td>
                <Actions display={display} onAsk={setAsking} />
              </td>
            </tr>
          ))}
        </Table>
      )}
      {asking?.what === 'settings' && (
        <DisplaySettingsDialog display={asking.display} onClose={close} onDone={done} />
      )}
      {asking && asking.what !== 'settings' && <Ask asking={asking} onClose={close} onDone={done} />}
    </>
  );
}
