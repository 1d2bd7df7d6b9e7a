/** Displays: approve by the code on the screen, rename, revoke. A display only reads figures (N16). */
import { useCallback, useEffect, useState } from 'preact/hooks';
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
import { api, may, refusalText } from '../session.ts';

const refreshEveryMs = 5000;

function Approve({ onApproved }: { onApproved: () => void }) {
  const [code, setCode] = useState('');
  const [name, setName] = useState('');
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
          maxLength={12}
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
          required
        />
        <button type="submit" class="button is-main" disabled={isBusy}>
          {w.approve}
        </button>
      </div>
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

type Asking = { what: 'revoke' | 'rename'; display: DisplayRow };

function Ask({ asking, onDone, onClose }: { asking: Asking; onDone: () => void; onClose: () => void }) {
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

export function DisplaysPage() {
  const [displays, setDisplays] = useState<DisplayRow[]>();
  const [refusal, setRefusal] = useState<Refusal>();
  const [asking, setAsking] = useState<Asking>();
  const load = useCallback(async () => {
    const answer = await api<DisplayList>('/api/displays');
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
  const { dateTime } = formats.value;
  const canManage = may('displays.manage');
  const shownTime = (at: number | undefined) => (at === undefined ? w.none : dateTime(at));
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
            { id: 'at', title: w.colLastSeen },
            { id: 'at', title: w.colApproved },
            { id: 'actions', title: w.colActions },
          ]}
          empty={w.nothingHere}
          isEmpty={displays.length === 0}
        >
          {displays.map((display) => (
            <tr key={display.displayId} data-display={display.displayId}>
              <td data-given title={display.userAgent ?? ''}>
                {display.name ?? w.none}
              </td>
              <DisplayStatus display={display} />
              <td>{shownTime(display.lastSeenAt)}</td>
              <td>{shownTime(display.approvedAt)}</td>
              <td>
                {canManage && display.state === 'approved' && (
                  <span class="row-actions">
                    <button
                      type="button"
                      class="button is-small"
                      onClick={() => setAsking({ what: 'rename', display })}
                    >
                      {w.rename}
                    </button>
                    <button
                      type="button"
                      class="button is-small is-danger"
                      onClick={() => setAsking({ what: 'revoke', display })}
                    >
                      {w.revoke}
                    </button>
                  </span>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {asking && (
        <Ask
          asking={asking}
          onClose={() => setAsking(undefined)}
          onDone={() => {
            setAsking(undefined);
            void load();
          }}
        />
      )}
    </>
  );
}
