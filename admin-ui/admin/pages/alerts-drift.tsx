/**
 * What explains an alert on a trend: how much of the change each agent or queue makes up, by a change of its own and by its share of
 * the work, with the times that were compared. Computes nothing but the text of it.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AlertRow } from '../../../server/contract/alerts.ts';
import { type DriftKey, driftKeysOf } from '../../../server/contract/drift-facts.ts';
import { figureFacts } from '../../../server/contract/figure-facts.ts';
import type { DriftMember, DriftReport } from '../../../server/contract/rest-drift.ts';
import { scopeKindName } from '../../shared/figure-names.ts';
import { formatDuration, formatsFor } from '../../shared/format.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, plural } from '../../shared/words.ts';
import { formats, language, words } from '../reading.ts';
import { channelText, windowText } from '../reports/report-text.ts';
import { api, may, refusalText } from '../session.ts';
import { figureName } from './alerts-text.ts';

const shownAtMost = 7;
const daysNamed = 4;

/** Whether there is anything to open, for this reader. */
export const isExplained = ({ condition, figure, scope }: AlertRow): boolean =>
  condition.kind === 'trend' && driftKeysOf(figure, scope).length > 0 && may('reports.read');

const isShare = ({ figure }: Pick<DriftReport, 'figure'>) => figureFacts(figure).unit === 'share';

function valueText(of: DriftReport, value: number | undefined): string {
  if (value === undefined) return words.value.none;
  return isShare(of)
    ? `${formats.value.tenth(value * 100)} %`
    : formatDuration(Math.round(value / 1000) * 1000);
}

/** With its sign; what is too small to be seen has none. */
function partText(of: DriftReport, value: number): string {
  const size = Math.abs(value);
  const text = isShare(of)
    ? fill(words.value.driftPoints, { value: formats.value.tenth(size * 100) })
    : formatDuration(Math.round(size / 1000) * 1000);
  return /[1-9]/.test(text) ? `${value < 0 ? '−' : '+'}${text}` : text;
}

function memberName({ by }: DriftReport, { scope, name }: DriftMember): string {
  if (by === 'channel') return channelText(scope.slice('channel:'.length));
  return name === '' ? words.value.driftNoNumber : name;
}

function useDrift(alertId: string, by: DriftKey | undefined) {
  const [report, setReport] = useState<DriftReport>();
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    let isGone = false;
    const address = `/api/alerts/${encodeURIComponent(alertId)}/drift${by === undefined ? '' : `?by=${by}`}`;
    void api<DriftReport>(address, { timeoutMs: 60_000 }).then((answer) => {
      if (isGone) return;
      if (answer.isOk) setReport(answer.body);
      setFault(answer.isOk ? undefined : refusalText(answer));
    });
    return () => {
      isGone = true;
    };
  }, [alertId, by]);
  return { report, fault };
}

function Compared({ report }: { report: DriftReport }) {
  const w = words.value;
  const { from, to, base, timeZone } = report;
  const { dayMonth } = formatsFor(language.value, timeZone);
  const days = base.slice(0, daysNamed).map((one) => dayMonth(one.from));
  const text = plural(language.value, w.driftCompared, base.length, formats.value.number(base.length));
  return (
    <p class="quiet">
      {windowText(from, to, timeZone)} · {timeZone}. {text}: {days.join(', ')}
      {base.length > daysNamed && ' …'}
    </p>
  );
}

function Row({ report, member }: { report: DriftReport; member: DriftMember }) {
  const { base, value, rate, mix, baseWeight, weight } = member;
  const { members, rest } = report.drift!;
  const wholeOf = (key: 'baseWeight' | 'weight') => members.reduce((sum, one) => sum + one[key], 0);
  const share = (part: number, whole: number) =>
    whole > 0 ? formats.value.percent(part / whole) : words.value.none;
  return (
    <tr data-member={member.scope}>
      <td data-given>{memberName(report, member)}</td>
      <td class="is-number">{valueText(report, base)}</td>
      <td class="is-number">{valueText(report, value)}</td>
      <td class="is-number quiet">
        {rest
          ? words.value.none
          : `${share(baseWeight, wholeOf('baseWeight'))} → ${share(weight, wholeOf('weight'))}`}
      </td>
      <td class="is-number">{partText(report, rate)}</td>
      <td class="is-number">{partText(report, mix)}</td>
      <td class="is-number">
        <b>{partText(report, rate + mix)}</b>
      </td>
    </tr>
  );
}

function Members({ report }: { report: DriftReport }) {
  const w = words.value;
  const { members, rest, rate, mix, change, base, value } = report.drift!;
  const others = members.slice(shownAtMost);
  const count = others.length + (rest?.members ?? 0);
  const sum = (key: 'rate' | 'mix') => others.reduce((whole, one) => whole + one[key], rest?.[key] ?? 0);
  const heads = [w.driftUsual, w.driftNow, w.driftShare, w.driftOwn, w.driftMix, w.driftTogether];
  return (
    <div class="table-box drift-box">
      <table class="table drift-table">
        <thead>
          <tr>
            <th scope="col" class="drift-name">
              {scopeKindName(language.value, report.by)}
            </th>
            {heads.map((head) => (
              <th key={head} scope="col" class="is-number">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {members.slice(0, shownAtMost).map((member) => (
            <Row key={member.scope} report={report} member={member} />
          ))}
          {count > 0 && (
            <tr>
              <td class="quiet">
                {plural(language.value, w.driftOthers, count, formats.value.number(count))}
              </td>
              <td colSpan={3} />
              <td class="is-number">{partText(report, sum('rate'))}</td>
              <td class="is-number">{partText(report, sum('mix'))}</td>
              <td class="is-number">{partText(report, sum('rate') + sum('mix'))}</td>
            </tr>
          )}
          <tr class="drift-whole">
            <td>{w.driftWhole}</td>
            <td class="is-number">{valueText(report, base)}</td>
            <td class="is-number">{valueText(report, value)}</td>
            <td />
            <td class="is-number">{partText(report, rate)}</td>
            <td class="is-number">{partText(report, mix)}</td>
            <td class="is-number">{partText(report, change)}</td>
          </tr>
        </tbody>
      </table>
    </div>
  );
}

function Explained({ report, onBy }: { report: DriftReport; onBy: (by: DriftKey) => void }) {
  const w = words.value;
  const { drift, keys, by, figure } = report;
  return (
    <>
      {drift && (
        <p class="drift-change">
          {fill(w.driftChange, {
            figure: figureName(figure),
            base: valueText(report, drift.base),
            value: valueText(report, drift.value),
            change: partText(report, drift.change),
          })}
        </p>
      )}
      <Compared report={report} />
      {keys.length > 1 && (
        <div class="segments drift-keys" role="group" aria-label={w.driftBy}>
          {keys.map((key) => (
            <button key={key} type="button" data-by={key} aria-pressed={key === by} onClick={() => onBy(key)}>
              {scopeKindName(language.value, key, true)}
            </button>
          ))}
        </div>
      )}
      {drift ? <Members report={report} /> : <Notice kind="note">{w.driftNothing}</Notice>}
      {drift && <p class="quiet drift-help">{isShare(report) ? w.driftHelpShare : w.driftHelp}</p>}
    </>
  );
}

function DriftDialog({ alert, onClose }: { alert: AlertRow; onClose: () => void }) {
  const w = words.value;
  const [by, setBy] = useState<DriftKey>();
  const { report, fault } = useDrift(alert.alertId, by);
  const box = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog ref={box} class="dialog drift" aria-labelledby="drift-title" onClose={onClose}>
      <h2 id="drift-title" data-given>
        {fill(w.driftOf, { name: alert.name })}
      </h2>
      {fault !== undefined && <Notice kind="bad">{fault}</Notice>}
      {!report && fault === undefined && <p class="quiet">{w.loading}</p>}
      {report && <Explained report={report} onBy={setBy} />}
      <div class="dialog-actions">
        <button type="button" class="button" onClick={onClose}>
          {w.reportsClose}
        </button>
      </div>
    </dialog>
  );
}

/** Nothing where nothing explains it. */
export function DriftButton({ alert }: { alert: AlertRow }) {
  const [isOpen, setOpen] = useState(false);
  if (!isExplained(alert)) return null;
  return (
    <>
      <button type="button" class="link-button drift-open" onClick={() => setOpen(true)}>
        {words.value.drift}
      </button>
      {isOpen && <DriftDialog alert={alert} onClose={() => setOpen(false)} />}
    </>
  );
}
