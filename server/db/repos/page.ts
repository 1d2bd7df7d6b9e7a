/** Paging by cursor, newest first: the cursor is the log's seq of the row, so rows that come meanwhile shift nothing. */
export interface PageQuery {
  cursor?: string | undefined;
  limit: number;
}
export interface Page<T> {
  items: T[];
  /** Absent on the last page. */
  nextCursor?: string;
}

/** Where the page begins: below this seq. An unreadable cursor is an empty page, never an error. */
export function beforeSeq(query: PageQuery): number {
  if (query.cursor === undefined) return Number.MAX_SAFE_INTEGER;
  return /^\d{1,15}$/.test(query.cursor) ? Number(query.cursor) : 0;
}

/** `rows` holds one more than asked for when there is a next page. */
export function toPage<R extends { firstSeq: string }, T>(
  rows: R[],
  limit: number,
  present: (row: R) => T,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const items = shown.map(present);
  return rows.length > limit && last ? { items, nextCursor: last.firstSeq } : { items };
}
