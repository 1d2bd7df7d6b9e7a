/**
 * A table whose rows a reader may put in order by any column. It begins by name: nobody is ranked unasked. The team's mean
 * stands first and never moves.
 */
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { language } from '../reading.ts';

export interface SortColumn<R> {
  id: string;
  title: string;
  help?: string;
  isNumber?: boolean;
  /** The class of its colour in a bar of the same row. */
  tone?: string;
  /** Given by a customer: may end in an ellipsis. */
  isGiven?: boolean;
  /** Undefined comes last, whichever way. */
  by: (row: R) => number | string | undefined;
  cell: (row: R) => ComponentChildren;
  mean?: ComponentChildren;
}

interface Order {
  id: string;
  isDown: boolean;
}

function sorted<R>(
  rows: readonly R[],
  columns: readonly SortColumn<R>[],
  { id, isDown }: Order,
): readonly R[] {
  const column = columns.find((one) => one.id === id) ?? columns[0];
  if (!column) return rows;
  const names = new Intl.Collator(language.value, { numeric: true });
  return [...rows].sort((one, other) => {
    const [a, b] = [column.by(one), column.by(other)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    const order =
      typeof a === 'string' || typeof b === 'string' ? names.compare(String(a), String(b)) : a - b;
    return isDown ? -order : order;
  });
}

interface Props<R> {
  name: string;
  rows: readonly R[];
  idOf: (row: R) => string;
  columns: readonly SortColumn<R>[];
  empty: string;
}

export function SortTable<R>({ name, rows, idOf, columns, empty }: Props<R>) {
  const first = columns[0]?.id ?? '';
  const [order, setOrder] = useState<Order>({ id: first, isDown: false });
  const turn = (column: SortColumn<R>) => {
    // Numbers are looked at from the largest.
    if (order.id !== column.id) setOrder({ id: column.id, isDown: column.isNumber === true });
    else setOrder({ id: column.id, isDown: !order.isDown });
  };
  const hasMean = columns.some(({ mean }) => mean !== undefined) && rows.length > 0;
  const classOf = (column: SortColumn<R>) => (column.isNumber ? 'is-number' : '');
  return (
    <div class="table-box fair-box" tabIndex={0} role="region" aria-label={name}>
      <table class="table fair-table">
        <colgroup>
          {columns.map((column) => (
            <col key={column.id} class={`fair-${column.id}`} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map((column) => {
              const isBy = order.id === column.id;
              return (
                <th
                  key={column.id}
                  scope="col"
                  class={classOf(column)}
                  aria-sort={isBy ? (order.isDown ? 'descending' : 'ascending') : 'none'}
                >
                  <button
                    type="button"
                    title={column.help}
                    onClick={() => turn(column)}
                    data-sort={column.id}
                  >
                    <span {...(column.isGiven ? { 'data-given': true } : {})}>{column.title}</span>
                    <i class="fair-order" aria-hidden="true">
                      {isBy ? (order.isDown ? '▾' : '▴') : ''}
                    </i>
                    {column.tone !== undefined && <i class={`fair-key ${column.tone}`} aria-hidden="true" />}
                  </button>
                </th>
              );
            })}
          </tr>
          {hasMean && (
            <tr class="fair-mean">
              {columns.map((column) => (
                <td key={column.id} class={classOf(column)}>
                  {column.mean}
                </td>
              ))}
            </tr>
          )}
        </thead>
        <tbody>
          {sorted(rows, columns, order).map((row) => (
            <tr key={idOf(row)} data-row={idOf(row)}>
              {columns.map((column) => (
                <td key={column.id} class={classOf(column)}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p class="table-empty">{empty}</p>}
    </div>
  );
}
