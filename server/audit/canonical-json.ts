/**
 * One text for one value: keys sorted, no spaces, as RFC 8785 does it for the values we keep. The hash chain of the
 * audit trail is over this text, so it must come out the same after a trip through a jsonb column.
 */
type Plain = string | number | boolean | null | Plain[] | { [key: string]: Plain };

export function canonicalJson(value: Plain): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const parts = Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(value[key] ?? null)}`);
    return `{${parts.join(',')}}`;
  }
  // -0 would come back from the database as 0.
  return JSON.stringify(Object.is(value, -0) ? 0 : value);
}

const maxDepth = 6;
const maxEntries = 100;
const maxTextLength = 2000;

/** Postgres refuses NUL and lone surrogates in jsonb; and an audit entry is never a place to park a novel. */
export const cleanText = (text: string) =>
  text
    .slice(0, maxTextLength)
    .replace(/\0|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g, '\uFFFD');

/** Any value as plain JSON that a jsonb column keeps unchanged: undefined left out, depth and size bounded. */
export function toPlain(value: unknown, depth = 0): Plain {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean' || value === null) return value;
  if (depth >= maxDepth) return '[deeper]';
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((item) => toPlain(item, depth + 1));
  if (typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .slice(0, maxEntries);
    return Object.fromEntries(entries.map(([key, item]) => [cleanText(key), toPlain(item, depth + 1)]));
  }
  return typeof value === 'bigint' ? value.toString() : null;
}
