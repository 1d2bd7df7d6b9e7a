/** Tables with fixed columns: what changes inside a row never moves the next column (nothing on a console may jump). */
import type { ComponentChildren } from 'preact';
import { words } from '../reading.ts';
import { refusalText } from '../session.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import type { Paged } from './paged.ts';

export interface Column {
  id: string;
  title: string;
  isNumber?: boolean;
  /** Only for readers of the screen: the column is too narrow for words. */
  isUntitled?: boolean;
}

export interface TableProps {
  name: string;
  columns: Column[];
  /** Said in the table's place when there is no row. */
  empty: string;
  isEmpty: boolean;
  children: ComponentChildren;
}

export function Table({ name, columns, empty, isEmpty, children }: TableProps) {
  return (
    <div class="table-box" tabIndex={0} role="region" aria-label={name}>
      <table class={`table table-${columns.map((column) => column.id).join('-')}`}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                class={`col-${column.id} ${column.isNumber ? 'is-number' : ''}`}
                {...(column.isUntitled ? { 'aria-label': column.title } : {})}
              >
                {!column.isUntitled && column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>{children}</tbody>
      </table>
      {isEmpty && <p class="table-empty">{empty}</p>}
    </div>
  );
}

export function Pager<T>({ list }: { list: Paged<T> }) {
  if (!list.hasNewer && !list.hasOlder) return null;
  return (
    <div class="pager">
      <button type="button" class="button" disabled={!list.hasNewer} onClick={list.newer}>
        ← {words.value.newer}
      </button>
      <button type="button" class="button" disabled={!list.hasOlder} onClick={list.older}>
        {words.value.older} →
      </button>
    </div>
  );
}

export function ListState<T>({ list }: { list: Paged<T> }) {
  if (list.refusal)
    return (
      <Notice kind="bad">
        {refusalText(list.refusal)}{' '}
        <button type="button" class="link-button" onClick={list.reload}>
          {words.value.retry}
        </button>
      </Notice>
    );
  return list.items === undefined ? <p class="quiet">{words.value.loading}</p> : null;
}
