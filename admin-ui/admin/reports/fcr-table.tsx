/** First contact resolution as a table: by name, the whole period first where it has several intervals. Each number opens its contacts. */
import type { FcrFate, FcrReport, FcrRow } from '../../../server/contract/rest-fcr.ts';
import { scopeKindName } from '../../shared/figure-names.ts';
import { fill } from '../../shared/words.ts';
import { formats, language, words, type TextKey } from '../reading.ts';
import { may } from '../session.ts';
import { type FcrDrillAsk, fcrEndOf, type FcrPart } from './fcr-question.ts';
import { scopeText, startText } from './report-text.ts';

export const fateWords: Record<FcrPart, TextKey> = {
  contacts: 'fcrContacts',
  resolved: 'fcrResolved',
  repeated: 'fcrRepeated',
  transferred: 'fcrTransferred',
  open: 'fcrOpen',
  anonymous: 'fcrAnonymous',
};

/** Where a transfer counts as resolved, none is told apart. */
const columnsOf = ({ transfers }: FcrReport): FcrPart[] => [
  'contacts',
  'resolved',
  'repeated',
  ...(transfers === 'unresolved' ? (['transferred'] as const) : []),
  'open',
  'anonymous',
];
const parts = (report: FcrReport): FcrFate[] =>
  report.transfers === 'unresolved' ? ['repeated', 'transferred', 'resolved'] : ['repeated', 'resolved'];

interface Line {
  row: FcrRow;
  isTotal: boolean;
}
function linesOf({ rows, totals }: FcrReport): Line[] {
  const sorter = new Intl.Collator(language.value, { numeric: true });
  const groups = new Map<string, Line[]>();
  for (const [list, isTotal] of [[totals, true] as const, [rows, false] as const])
    for (const row of list) groups.set(row.scope, [...(groups.get(row.scope) ?? []), { row, isTotal }]);
  const nameOf = ([line]: Line[]) => scopeText(line!.row.scope, line!.row.name);
  return [...groups.values()].sort((a, b) => sorter.compare(nameOf(a), nameOf(b))).flat();
}

interface NumberProps {
  report: FcrReport;
  row: FcrRow;
  isTotal: boolean;
  fates: FcrPart[];
  text: string;
  title: string;
  onOpen: (ask: FcrDrillAsk) => void;
}
function OpenNumber({ report, row, isTotal, fates, text, title, onOpen }: NumberProps) {
  const shown = fates.map((fate) => ({ fate, expected: row.counts[fate] }));
  if (shown.every(({ expected }) => expected === 0) || !may('contacts.list')) return <>{text}</>;
  const name = scopeText(row.scope, row.name);
  const ask: FcrDrillAsk = {
    report,
    scope: row.scope,
    name,
    from: Math.max(row.start, report.from),
    to: isTotal ? report.to : fcrEndOf(row.start, report),
    parts: shown,
  };
  return (
    <button
      type="button"
      class="drill-number"
      aria-label={fill(words.value.reportsOpen, { figure: title, name, value: text })}
      onClick={() => onOpen(ask)}
    >
      {text}
    </button>
  );
}

function Cells({ report, line, onOpen }: { report: FcrReport; line: Line; onOpen: NumberProps['onOpen'] }) {
  const w = words.value;
  const { number, percent } = formats.value;
  const of = { report, ...line, onOpen };
  const { fcr, counts } = line.row;
  return (
    <>
      <td class="is-number fcr-figure" data-figure="fcr">
        <OpenNumber
          {...of}
          fates={parts(report)}
          text={fcr === undefined ? w.none : percent(fcr)}
          title={w.fcr}
        />
      </td>
      {columnsOf(report).map((fate) => (
        <td key={fate} class="is-number" data-figure={fate}>
          <OpenNumber {...of} fates={[fate]} text={number(counts[fate])} title={w[fateWords[fate]]} />
        </td>
      ))}
    </>
  );
}

export interface FcrTableProps {
  report: FcrReport;
  onOpen: (ask: FcrDrillAsk) => void;
}
export function FcrTable({ report, onOpen }: FcrTableProps) {
  const w = words.value;
  const lines = linesOf(report);
  const hasStarts = report.interval !== 'all';
  if (lines.length === 0)
    return (
      <div class="table-box rep-box">
        <p class="table-empty">{w.reportsNothing}</p>
      </div>
    );
  return (
    <div class="table-box rep-box" tabIndex={0} role="region" aria-label={w.fcr}>
      <table class="table fcr-table">
        <thead>
          <tr>
            <th scope="col" class="rep-name">
              {scopeKindName(language.value, report.by)}
            </th>
            {hasStarts && (
              <th scope="col" class="rep-start">
                {w.reportsColStart}
              </th>
            )}
            <th scope="col" class="is-number" title={w.fcr}>
              {w.fcrShort}
            </th>
            {columnsOf(report).map((fate) => (
              <th key={fate} scope="col" class="is-number">
                {w[fateWords[fate]]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => {
            const { row, isTotal } = line;
            const name = scopeText(row.scope, row.name);
            return (
              <tr
                key={`${row.scope} ${isTotal ? 'total' : row.start}`}
                class={isTotal ? 'rep-total' : ''}
                data-scope={row.scope}
                data-start={isTotal ? 'total' : row.start}
              >
                <td class="rep-name" data-given title={name}>
                  {name}
                </td>
                {hasStarts && (
                  <td class="rep-start">{isTotal ? w.reportsTotal : startText(row.start, report)}</td>
                )}
                <Cells report={report} line={line} onOpen={onOpen} />
              </tr>
            );
          })}
        </tbody>
        {report.by !== 'site' && (
          <tfoot>
            <tr class="rep-total" data-scope="total">
              <td class="rep-name">{w.reportsTotal}</td>
              {hasStarts && <td class="rep-start" />}
              <Cells
                report={report}
                line={{
                  row: { start: report.from, scope: 'site', name: w.reportsTotal, ...report.total },
                  isTotal: true,
                }}
                onOpen={onOpen}
              />
            </tr>
          </tfoot>
        )}
      </table>
    </div>
  );
}
