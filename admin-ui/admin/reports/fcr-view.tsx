/**
 * First contact resolution (S100): by queue, channel or agent, with the method in words: which repeat, within how many days, and
 * what a transfer is. What is not counted is told beside it. Computes nothing.
 */
import { useSignal } from '@preact/signals';
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { FcrReport } from '../../../server/contract/rest-fcr.ts';
import { formatsFor } from '../../shared/format.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, plural } from '../../shared/words.ts';
import { useNames } from '../names.ts';
import { useSiteZone } from '../pages/fairness.tsx';
import { PageHead } from '../parts/shell.tsx';
import { formats, language, words } from '../reading.ts';
import { api, refusalText } from '../session.ts';
import { FcrControls, fcrQuestion } from './fcr-controls.tsx';
import { FcrDrill } from './fcr-drill.tsx';
import { areDaysFit, fcrAddress, type FcrDrillAsk } from './fcr-question.ts';
import { FcrTable } from './fcr-table.tsx';
import { periodOf } from './report-question.ts';
import { ReportViews } from './report-views.tsx';

interface Loaded {
  report?: FcrReport;
  fault?: string;
  isLoading: boolean;
}

function useReport(address: string | undefined): Loaded & { reload: () => void } {
  const [loaded, setLoaded] = useState<Loaded>({ isLoading: false });
  const count = useRef(0);
  const load = useCallback(async () => {
    count.current += 1;
    const mine = count.current;
    if (address === undefined) return;
    setLoaded((before) => ({ ...before, isLoading: true }));
    const answer = await api<FcrReport>(address, { timeoutMs: 120_000 });
    // A slow answer to an earlier question must not replace a newer one.
    if (mine !== count.current) return;
    setLoaded({
      isLoading: false,
      ...(answer.isOk ? { report: answer.body } : { fault: refusalText(answer) }),
    });
  }, [address]);
  useEffect(() => {
    void load();
    return () => {
      count.current += 1;
    };
  }, [load]);
  return { ...loaded, reload: () => void load() };
}

export const fcrDaysText = (days: number): string =>
  plural(language.value, words.value.fcrDaysText, days, formats.value.number(days));

function Method({ report }: { report: FcrReport }) {
  const w = words.value;
  const { open, anonymous } = report.total.counts;
  const { number } = formats.value;
  const days = fcrDaysText(report.days);
  const text = report.topic === 'queue' ? w.fcrMethodQueue : w.fcrMethodAny;
  return (
    <div class="rep-rules fcr-method">
      <p>
        <b>{fill(w.fcrMethod, { days })}</b>: {fill(text, { days })}.{' '}
        {report.transfers === 'resolved' ? w.fcrTransferResolvedHelp : w.fcrTransferUnresolvedHelp}
      </p>
      <p class="quiet">{w.fcrCredited}</p>
      {open + anonymous > 0 && (
        <p class="fcr-left-out">
          {open > 0 && (
            <>
              <b>{plural(language.value, w.fcrOpenNote, open, number(open))}</b> (
              {fill(w.fcrOpenHelp, { days })}){anonymous > 0 ? ', ' : '. '}
            </>
          )}
          {anonymous > 0 && (
            <>
              <b>{plural(language.value, w.fcrAnonymousNote, anonymous, number(anonymous))}</b>.{' '}
            </>
          )}
          {w.fcrNotCounted}
        </p>
      )}
    </div>
  );
}

function countedText({ from, to, asOf, timeZone }: FcrReport): string {
  const { date, shortTime, time } = formatsFor(language.value, timeZone);
  const text = (at: number) => `${date(at)} ${shortTime(at)}`;
  return fill(words.value.reportsCounted, {
    from: text(from),
    to: text(to),
    zone: timeZone,
    time: `${date(asOf)} ${time(asOf)}`,
  });
}

export function FcrView() {
  const w = words.value;
  const nameOf = useNames();
  const zone = useSiteZone();
  const opened = useSignal<FcrDrillAsk | undefined>(undefined);
  const asked = fcrQuestion.value;
  const period = zone === undefined ? undefined : periodOf(asked, Date.now(), zone);
  const areFit = areDaysFit(asked.days);
  const address = period && areFit ? fcrAddress(asked, period) : undefined;
  const { report, fault, isLoading, reload } = useReport(address);
  const isBad = zone !== undefined && address === undefined;
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
      {zone && <FcrControls zone={zone} />}
      {isBad && <Notice kind="bad">{areFit ? w.reportsBadPeriod : w.fcrBadDays}</Notice>}
      {fault !== undefined && !isBad && <Notice kind="bad">{fault}</Notice>}
      {report && !isBad && (
        <div class={`fair-body rep-body ${isLoading ? 'is-old' : ''}`}>
          <Method report={report} />
          <FcrTable
            key={address}
            report={report}
            onOpen={(ask) => {
              opened.value = ask;
            }}
          />
        </div>
      )}
      {opened.value && (
        <FcrDrill
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
