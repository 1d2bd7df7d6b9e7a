/**
 * What may be said of an error in a log or on a health page: its kind and code. Messages of databases and mail servers quote
 * addresses, and the errors of the database carry the values of the statement with them.
 */
const word = /^[A-Za-z0-9_.-]{1,60}$/;

export function faultWord(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown';
  const { name, code, original } = error as { name?: unknown; code?: unknown; original?: unknown };
  const inner =
    typeof original === 'object' && original !== null ? (original as { code?: unknown }).code : undefined;
  const words = [name, code ?? inner].filter(
    (one): one is string => typeof one === 'string' && word.test(one) && one !== 'Error',
  );
  return words.length > 0 ? words.join(' ') : 'unknown';
}
