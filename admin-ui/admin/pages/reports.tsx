/**
 * Reports: every figure of a period by queue, agent, team ... and interval, as a page or a file, each number with the contacts
 * behind it; which definitions it was measured by (N13), and whether the nightly statement found live figures and reports equal
 * (N1). Computes nothing: figures and totals are the server's. Beside it, first contact resolution (reports/fcr-view.tsx).
 */
import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { IntervalReport } from '../../../server/contract/rest-reports.ts';
import { attributionName } from '../../shared/figure-names.ts';
import { formatsFor } from '../../shared/format.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { useNames } from '../names.ts';
import { PageHead } from '../parts/shell.tsx';
import { language, words } from '../reading.ts';
import { FcrView } from '../reports/fcr-view.tsx';
import { DrillPanel } from '../reports/drill-panel.tsx';
import { question, ReportControls } from '../reports/report-controls.tsx';
import { attributionOf, type DrillAsk, periodOf, reportAddress } from '../reports/report-question.ts';
import { ReportTable } from '../reports/report-table.tsx';
import { definitionsText } from '../reports/report-text.ts';
import { reportView, ReportViews } from '../reports/report-views.tsx';
import { Statements, useStatements } from '../reports/statements.tsx';
import { api, refusalText } from '../session.ts';
import { useSiteZone } from './fairness.tsx';

interface Asked {
  report?: IntervalReport;
  totals?: IntervalReport;
  /** Of these queues it was asked. */
  queues: readonly string[];
  fault?: string;
  isLoading: boolean;
}

/** The report at an address and, where it has several intervals, the whole of it at another. */
function useReport(address: string | undefined, whole: string | undefined, queues: readonly string[]) {
  const [asked, setAsked] = useState<Asked>({ isLoading: false, queues: [] });
  const count = useRef(0);
  const load = useCallback(async () => {
    count.current += 1;
    const mine = count.current;
    if (address === undefined) return;
    setAsked((before) => ({ ...before, isLoading: true }));
    const ask = (path: string) => api<IntervalReport>(path, { timeoutMs: 120_000 });
    const [answer, totals] = await Promise.all([ask(address), whole === undefined ? undefined : ask(whole)]);
    // A slow answer to an earlier question must not replace a newer one.
    if (mine !== count.current) return;
    if (!answer.isOk) setAsked({ fault: refusalText(answer), isLoading: false, queues });
    else if (totals && !totals.isOk) setAsked({ fault: refusalText(totals), isLoading: false, queues });
    else setAsked({ report: answer.body, ...(totals && { totals: totals.body }), isLoading: false, queues });
    // The queues are in the address.
  }, [address, whole]);
  useEffect(() => {
    void load();
    return () => {
      count.current += 1;
    };
  }, [load]);
  return { ...asked, reload: () => void load() };
}

function countedText(report: IntervalReport): string {
  const { from, to, asOf, timeZone } = report;
  const { date, shortTime, time } = formatsFor(language.value, timeZone);
  const text = (at: number) => `${date(at)} ${shortTime(at)}`;
  const isToday = date(asOf) === date(Math.min(to, asOf));
  return fill(words.value.reportsCounted, {
    from: text(from),
    to: text(to),
    zone: timeZone,
    time: isToday ? time(asOf) : `${date(asOf)} ${time(asOf)}`,
  });
}

/** By which rule contacts are credited to intervals, and by which definitions they are measured. */
function Rules({ report }: { report: IntervalReport }) {
  const w = words.value;
  const { by } = report;
  const attribution = attributionOf(report);
  const help =
    by === 'agent' || by === 'team'
      ? w.reportsAgentsHelp
      : attribution === 'event'
        ? w.reportsByEventHelp
        : w.reportsByArrivalHelp;
  const definitions = definitionsText(report);
  return (
    <div class="rep-rules">
      <p class="quiet">
        <b>{attributionName(language.value, attribution)}</b>: {help}.
      </p>
      {definitions !== undefined && (
        <p class="rep-definitions">
          <b>{definitions}</b>: {w.reportsDefinitionsHelp}.
        </p>
      )}
    </div>
  );
}

function FiguresView() {
  const w = words.value;
  const nameOf = useNames();
  const zone = useSiteZone();
  const statements = useStatements();
  const opened = useSignal<DrillAsk | undefined>(undefined);
  const [isWithVariants, setWithVariants] = useState(false);
  const asked = question.value;
  const period = zone === undefined ? undefined : periodOf(asked, Date.now(), zone);
  const address = period && reportAddress(asked, period, asked.interval);
  const whole = period && asked.interval !== 'all' ? reportAddress(asked, period, 'all') : undefined;
  const { report, totals, queues, fault, isLoading, reload } = useReport(address, whole, asked.queues);
  const isBad = zone !== undefined && period === undefined;
  const mayVary = report !== undefined && report.by !== 'agent' && report.by !== 'team';
  return (
    <div class="fair-page rep-page">
      <PageHead title={w.pageReports}>
        <ReportViews />
        <p class="rep-counted quiet" aria-live="polite">
          {isLoading || !zone ? w.loading : report && !isBad && countedText(report)}
        </p>
        <div class="head-actions">
          <button type="button" class="button" disabled={isLoading} onClick={reload}>
            {w.reportsReload}
          </button>
          {address !== undefined && (
            <a class="button" href={`${address}&format=csv`} download>
              {w.reportsCsv}
            </a>
          )}
        </div>
      </PageHead>
      {zone && <ReportControls zone={zone} />}
      {isBad && <Notice kind="bad">{w.reportsBadPeriod}</Notice>}
      {fault !== undefined && !isBad && <Notice kind="bad">{fault}</Notice>}
      {report && !isBad && (
        <div class={`fair-body rep-body ${isLoading ? 'is-old' : ''}`}>
          <div class="rep-above">
            <Rules report={report} />
            {mayVary && (
              <label class="rep-switch">
                <input
                  type="checkbox"
                  role="switch"
                  checked={isWithVariants}
                  onChange={(event) => setWithVariants(event.currentTarget.checked)}
                />
                {w.reportsVariants}
              </label>
            )}
          </div>
          <ReportTable
            key={address}
            report={report}
            totals={totals}
            queues={queues}
            isWithVariants={isWithVariants}
            onOpen={(ask) => {
              opened.value = ask;
            }}
          />
        </div>
      )}
      {zone && statements && <Statements list={statements} zone={zone} nameOf={nameOf} />}
      {opened.value && (
        <DrillPanel
          ask={opened.value}
          nameOf={nameOf}
          onClose={() => {
            opened.value = undefined;
          }}
        />
      )}
    </div>
  );
}

export function ReportsPage() {
  return reportView() === 'fcr' ? <FcrView /> : <FiguresView />;
}
