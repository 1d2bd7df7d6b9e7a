/**
 * Telephone numbers as people write them, and whom the house may call. A form on the internet asks us to spend the bank's
 * money on a call to a number of a stranger's choice: only what the site allows by its beginning is called, and never a
 * premium-rate or shared-cost number. libphonenumber-js knows every country's numbering plan (ITU-T E.164).
 */
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { SiteCallbacks, SiteOutbound } from '../../contract/site-callbacks.ts';

const costly: ReadonlySet<string | undefined> = new Set(['PREMIUM_RATE', 'SHARED_COST']);

/** As +39021234567; `unreadable`: it is no number; `refused`: the house does not call it. */
export function callableNumber(
  written: string,
  { country, allow, refuse }: Pick<SiteCallbacks, 'country' | 'allow' | 'refuse'>,
): { number: string } | 'unreadable' | 'refused' {
  const found = parsePhoneNumberFromString(written, country as CountryCode);
  if (!found?.isValid() || found.ext !== undefined) return 'unreadable';
  const { number } = found;
  const begins = (beginning: string): boolean => number.startsWith(beginning);
  if (!allow.some(begins) || refuse.some(begins) || costly.has(found.getType())) return 'refused';
  return { number };
}

/** As the trunk wants it. `number`: from `callableNumber`. */
export function asDialled(
  number: string,
  { numbers, prefix }: Pick<SiteOutbound, 'numbers' | 'prefix'>,
): string {
  switch (numbers) {
    case 'plus':
      return prefix + number;
    case 'digits':
      return prefix + number.slice(1);
    case 'national': {
      const national = parsePhoneNumberFromString(number)?.formatNational() ?? number;
      return prefix + national.replace(/\D/g, '');
    }
  }
}
