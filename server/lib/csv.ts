/**
 * Tables as files (RFC 4180: commas, CRLF, quotes doubled). What strangers wrote is in some of them, and a spreadsheet runs a
 * cell that begins like a formula: such a text gets an apostrophe in front, which spreadsheets take as "this is text".
 */
const startsFormula = /^[=+\-@\t\r\n]/;
const needsQuotes = /[",\r\n]/;

function cellText(cell: string | number | undefined): string {
  if (cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const text = startsFormula.test(cell) ? `'${cell}` : cell;
  return needsQuotes.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line with its end. Numbers stand as they are; absent is an empty cell. */
export const csvLine = (cells: readonly (string | number | undefined)[]): string =>
  `${cells.map(cellText).join(',')}\r\n`;

export const csvType = 'text/csv; charset=utf-8; header=present';

/** As ISO 8601 in UTC, which every program reads alike. */
export const csvTime = (at: number | undefined): string | undefined =>
  at === undefined ? undefined : new Date(at).toISOString();
