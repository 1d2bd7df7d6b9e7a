/**
 * Addresses and message ids out of the header fields of a mail (RFC 5322 §3.4, §3.6.4). Every occurrence of a field is
 * read, not the first only: mails carry two From and several References. What is no address or no id is skipped, and
 * what is kept has no control character, so that it can be written into a mail of ours.
 *
 * A message id is held without its angle brackets. One without `@`, or with a blank in it, is none: programs that write
 * such ids write the same one twice.
 */
import { addressParser } from 'postal-mime';
import { cleanLine } from './clean-text.ts';
import {
  maxAddressChars,
  maxAddresses,
  maxMessageIdChars,
  maxNameChars,
  maxReferences,
  type MailFault,
} from './mail-bounds.ts';

export interface MailAddress {
  /** '' when there is none. */
  name: string;
  address: string;
}

/** `several`: the first one counts, and the mail is to be looked at. */
export type FromFault = 'missing' | 'unparsable' | 'several';

/** The fields of a header in order, names in lower case, values unfolded and still encoded. */
export class MailHeader {
  private readonly fields: readonly { key: string; value: string }[];

  constructor(fields: readonly { key: string; value: string }[]) {
    this.fields = fields;
  }

  all(name: string): string[] {
    return this.fields.filter((field) => field.key === name).map((field) => field.value);
  }

  first(name: string): string | undefined {
    return this.fields.find((field) => field.key === name)?.value;
  }

  has(name: string): boolean {
    return this.fields.some((field) => field.key === name);
  }
}

/** A longer field is cut: the list is cut anyway, and the parser should not see megabytes of it. */
const maxFieldChars = 64 * 1024;
const local = /^[^\s"(),:;<>@[\\\]]{1,64}$/;
const domain = /^(?!-)[^\s"(),:;<>@[\\\]]{1,255}$/;

export function isAddress(text: string): boolean {
  const at = text.lastIndexOf('@');
  return (
    at > 0 &&
    local.test(text.slice(0, at)) &&
    domain.test(text.slice(at + 1)) &&
    !text.includes('..', at) &&
    text === cleanLine(text, maxAddressChars)
  );
}

export function addressesOf(values: readonly string[], faults?: Set<MailFault>): MailAddress[] {
  const found: MailAddress[] = [];
  for (const value of values)
    for (const { name, address = '' } of addressParser(value.slice(0, maxFieldChars), { flatten: true })) {
      const bare = address.trim();
      if (!isAddress(bare)) continue;
      if (found.length >= maxAddresses) {
        faults?.add('too-many-addresses');
        return found;
      }
      found.push({ name: cleanLine(name, maxNameChars), address: bare });
    }
  return found;
}

/** Outside of quotes and comments. */
function countOfAts(value: string): number {
  let count = 0;
  let depth = 0;
  let isQuoted = false;
  for (const character of value) {
    if (character === '"' && depth === 0) isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (character === '(') depth += 1;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (character === '@' && depth === 0) count += 1;
  }
  return count;
}

/** Whom a mail is from; several addresses may stand in one field, with or without the commas they need. */
export function fromOf(values: readonly string[]): { from?: MailAddress; fromFault?: FromFault } {
  const given = values.filter((value) => value.trim() !== '');
  if (given.length === 0) return { fromFault: 'missing' };
  const addresses = addressesOf(given);
  const [from] = addresses;
  if (!from) return { fromFault: 'unparsable' };
  const bare = given.some((value) => !value.includes('<') && countOfAts(value.slice(0, maxFieldChars)) > 1);
  const isSeveral = addresses.length > 1 || given.length > 1 || bare;
  return { from, ...(isSeveral && { fromFault: 'several' }) };
}

const idPattern = /<([^<>\s@]+@[^<>\s@]+)>/g;

/** The ids in angle brackets, in order, each once. */
export function messageIdsOf(values: readonly string[], faults?: Set<MailFault>): string[] {
  const ids = new Set<string>();
  for (const value of values) {
    let good = 0;
    for (const [, id = ''] of value.matchAll(idPattern))
      if (id.length <= maxMessageIdChars && id === cleanLine(id, maxMessageIdChars)) {
        ids.add(id);
        good += 1;
      }
    if (good < value.split('<').length - 1) faults?.add('reference-skipped');
  }
  return [...ids].slice(-maxReferences);
}

/** A mail's own id; some programs leave the brackets out. */
export function messageIdOf(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  return messageIdsOf([value])[0] ?? messageIdsOf([`<${value.trim()}>`])[0];
}
