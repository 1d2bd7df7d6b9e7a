/** The nightly statements (N1): that live figures, reports and a recount said the same of a day, or where they did not. */
import { useEffect, useState } from 'preact/hooks';
import type { FigureStatement, StatementList } from '../../../server/contract/rest-reports.ts';
import { attributionName } from '../../shared/figure-names.ts';
import { formatsFor } from '../../shared/format.ts';
import { plural } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { language, words } from '../reading.ts';
import { api, limits } from '../session.ts';
import { countText, scopeText } from './report-text.ts';

/** Nights shown; the server keeps more. */
const shownAtMost = 14;

export function useStatements(): FigureStatement[] | undefined {
  const [list, setList] = useState<FigureStatement[]>();
  useEffect(() => {
    // They are of the whole site.
    if (limits()) return;
    void api<StatementList>('/api/reports/statements').then((answer) => {
      if (answer.isOk) setList(answer.body.items);
    });
  }, []);
  return list;
}

function Verdict({ statement, zone }: { statement: FigureStatement; zone: string }) {
  const w = words.value;
  const { date, number } = formatsFor(language.value, zone);
  const { from, compared, differences } = statement;
  const isEqual = differences.length === 0;
  return (
    <>
      <span>{date(from)}</span>
      <span class={isEqual ? 'statement-good' : 'statement-bad'}>
        <span aria-hidden="true">{isEqual ? '✓' : '✕'}</span>{' '}
        {plural(language.value, w.statementsDifferences, differences.length, number(differences.length))}
      </span>
      <span class="quiet">{plural(language.value, w.statementsCompared, compared, number(compared))}</span>
    </>
  );
}

function Differences({ statement, nameOf }: { statement: FigureStatement; nameOf: NameOf }) {
  const w = words.value;
  const { number } = formatsFor(language.value);
  return (
    <table class="statement-table">
      <thead>
        <tr>
          <th scope="col">{w.colQueue}</th>
          <th scope="col">{w.statementsColCount}</th>
          <th scope="col" class="is-number">
            {w.statementsColLive}
          </th>
          <th scope="col" class="is-number">
            {w.statementsColReport}
          </th>
          <th scope="col" class="is-number">
            {w.statementsColRecount}
          </th>
        </tr>
      </thead>
      <tbody>
        {statement.differences.map(({ scope, attribution, count, live, report, recount }) => (
          <tr key={`${scope} ${attribution} ${count}`}>
            <td data-given>{scopeText(scope, nameOf.queue(scope.slice(scope.indexOf(':') + 1)) ?? scope)}</td>
            <td>
              {countText(count)}, {attributionName(language.value, attribution, 'short')}
            </td>
            <td class="is-number">{number(live)}</td>
            <td class="is-number">{number(report)}</td>
            <td class="is-number">{number(recount)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface StatementsProps {
  list: readonly FigureStatement[];
  zone: string;
  nameOf: NameOf;
}
export function Statements({ list, zone, nameOf }: StatementsProps) {
  const w = words.value;
  const [newest] = list;
  return (
    <details class="statements">
      <summary>
        <b>{w.statementsTitle}</b>
        {newest ? <Verdict statement={newest} zone={zone} /> : <span class="quiet">{w.statementsNone}</span>}
      </summary>
      <p class="quiet">{w.statementsHelp}</p>
      <ul>
        {list.slice(0, shownAtMost).map((statement) => (
          <li key={statement.from} data-day={statement.from}>
            <Verdict statement={statement} zone={zone} />
            {statement.differences.length > 0 && <Differences statement={statement} nameOf={nameOf} />}
          </li>
        ))}
      </ul>
    </details>
  );
}
