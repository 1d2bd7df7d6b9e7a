/**
 * A report as a table: by name, the total of the period first where it has several intervals, then each of them. Every number
 * opens the contacts behind it. Totals are asked of the server, which makes their figures of the summed counts: a share of a day
 * is no mean of shares.
 */
import { useState } from 'preact/hooks';
import { figureFacts, type FigureName } from '../../../server/contract/figure-facts.ts';
import type { DrillCount, IntervalReport, ReportRow } from '../../../server/contract/rest-reports.ts';
import { figureName, figureVariant, scopeKindName } from '../../shared/figure-names.ts';
import { unitText } from '../../shared/figure-text.ts';
import { plural } from '../../shared/words.ts';
import { formats, language, words } from '../reading.ts';
import { DrillNumber } from './drill-number.tsx';
import { columnsOf, partsOf } from './report-columns.ts';
import { attributionOf, type DrillAsk, endOf } from './report-question.ts';
import { headText, scopeText, startText } from './report-text.ts';

/** Lines drawn at once; more are drawn when asked for, and the browser stays quick. */
const linesAtOnce = 400;

export interface ReportTableProps {
  report: IntervalReport;
  /** The same with one interval; undefined where the report has but one. */
  totals: IntervalReport | undefined;
  queues: readonly string[];
  isWithVariants: boolean;
  onOpen: (ask: DrillAsk) => void;
}
interface Line {
  row: ReportRow;
  of: IntervalReport;
  isTotal: boolean;
}

/** By name as the language sorts; of each the total, then its intervals. */
function linesOf({ report, totals }: ReportTableProps): Line[] {
  const sorter = new Intl.Collator(language.value, { numeric: true });
  const groups = new Map<string, Line[]>();
  for (const [of, isTotal] of [[totals, true] as const, [report, false] as const])
    for (const row of of?.rows ?? []) {
      const group = groups.get(row.scope);
      if (group) group.push({ row, of: of!, isTotal });
      else groups.set(row.scope, [{ row, of: of!, isTotal }]);
    }
  const nameOf = ([line]: Line[]) => scopeText(line!.row.scope, line!.row.name);
  return [...groups.values()].sort((a, b) => sorter.compare(nameOf(a), nameOf(b))).flat();
}

function askOf({ row, of }: Line, name: FigureName, queues: readonly string[]): DrillAsk {
  const counted = row.counts as Partial<Record<DrillCount, number>>;
  return {
    title: figureName(language.value, name),
    scope: row.scope,
    name: scopeText(row.scope, row.name),
    from: Math.max(row.start, of.from),
    // What comes after the counting is not in the number.
    to: Math.max(Math.min(endOf(row.start, of), of.asOf), Math.max(row.start, of.from) + 1),
    timeZone: of.timeZone,
    attribution: attributionOf(of),
    queues,
    parts: partsOf(name).map((count) => {
      const expected = counted[count];
      return expected === undefined ? { count } : { count, expected };
    }),
    countedAt: of.asOf,
  };
}

interface CellProps {
  line: Line;
  name: FigureName;
  queues: readonly string[];
  onOpen: (ask: DrillAsk) => void;
}
function Cell({ line, name, queues, onOpen }: CellProps) {
  const { figures } = line.row;
  const number = (figure: FigureName) => (
    <DrillNumber
      text={unitText(formats.value, figureFacts(figure).unit, figures[figure], 0)}
      ask={figures[figure] === undefined ? undefined : askOf(line, figure, queues)}
      onOpen={onOpen}
    />
  );
  const isWithShort = name === 'abandoned' && (figures['short-abandoned'] ?? 0) > 0;
  return (
    <td class="is-number" data-figure={name}>
      {number(name)}
      {isWithShort && <small data-figure="short-abandoned"> ({number('short-abandoned')})</small>}
    </td>
  );
}

function Head({ name }: { name: FigureName }) {
  const long = figureName(language.value, name);
  const variant = name.startsWith('service-level') ? figureVariant(language.value, name) : undefined;
  const isAbandoned = name === 'abandoned';
  const short = figureName(language.value, 'short-abandoned', 'short');
  return (
    <th
      scope="col"
      class={`is-number ${variant === undefined ? '' : 'rep-level'} ${isAbandoned ? 'rep-abandoned' : ''}`}
      title={isAbandoned ? `${long} (${figureName(language.value, 'short-abandoned')})` : long}
    >
      {headText(figureName(language.value, variant === undefined ? name : 'service-level', 'short'))}
      {variant !== undefined && <small>{headText(variant)}</small>}
      {isAbandoned && <small>({short})</small>}
    </th>
  );
}

export function ReportTable(props: ReportTableProps) {
  const { report, queues, isWithVariants, onOpen } = props;
  const w = words.value;
  const [shown, setShown] = useState(linesAtOnce);
  const lines = linesOf(props);
  const columns = columnsOf(report.by, isWithVariants);
  const rest = lines.length - shown;
  // The site has one name only, and a whole period one start.
  const hasStarts = report.interval !== 'all';
  const hasNames = report.by !== 'site' || !hasStarts;
  return (
    <div class="table-box rep-box" tabIndex={0} role="region" aria-label={w.pageReports}>
      <table class={`table rep-table rep-by-${report.by} ${columns.length > 13 ? 'is-wide' : ''}`}>
        <thead>
          <tr>
            {hasNames && (
              <th scope="col" class="rep-name">
                {scopeKindName(language.value, report.by)}
              </th>
            )}
            {hasStarts && (
              <th scope="col" class="rep-start">
                {w.reportsColStart}
              </th>
            )}
            {columns.map((name) => (
              <Head key={name} name={name} />
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.slice(0, shown).map((line) => {
            const { row, of, isTotal } = line;
            const name = scopeText(row.scope, row.name);
            return (
              <tr
                key={`${row.scope} ${isTotal ? 'total' : row.start}`}
                class={isTotal ? 'rep-total' : ''}
                data-scope={row.scope}
                data-start={isTotal ? 'total' : row.start}
              >
                {hasNames && (
                  <td class="rep-name" data-given title={name}>
                    {name}
                  </td>
                )}
                {hasStarts && (
                  <td class="rep-start">{isTotal ? w.reportsTotal : startText(row.start, of)}</td>
                )}
                {columns.map((figure) => (
                  <Cell key={figure} line={line} name={figure} queues={queues} onOpen={onOpen} />
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {lines.length === 0 && <p class="table-empty">{w.reportsNothing}</p>}
      {rest > 0 && (
        <button type="button" class="button rep-more" onClick={() => setShown(shown + linesAtOnce)}>
          {plural(
            language.value,
            w.reportsMore,
            Math.min(rest, linesAtOnce),
            formats.value.number(Math.min(rest, linesAtOnce)),
          )}
        </button>
      )}
    </div>
  );
}
