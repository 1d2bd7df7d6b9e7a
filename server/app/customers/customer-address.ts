/**
 * What a contact tells of its customer, in one normal form for each way of writing it: the same person is found again by it.
 * Pure. An address is what the other side says of itself: it finds a card, and proves nothing (docs/adr/0011).
 *
 * Numbers follow E.164 by libphonenumber-js, read as of the site's country where they have none; what is no whole number
 * there (an extension, a short number) stays as its digits. Mail addresses are as blocked senders are (sender-forms.ts).
 */
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { CardAddress } from '../../contract/customers.ts';
import { cleanLine } from '../../lib/clean-text.ts';
import { formChannelId } from '../text/channel.ts';
import { normalForm } from '../text/sender-forms.ts';

/** What is known of a contact, as its channel wrote it. */
export interface ContactFacts {
  readonly contactId: string;
  /** Of a call: the caller's number. */
  readonly from?: string;
  readonly name?: string;
  /** Of a contact with a thread. */
  readonly text?: {
    readonly channelId: string;
    readonly endpointId: string;
    /** Empty: forgotten by its age, or never known. */
    readonly address: string;
    /** What a chat or a form was given besides. */
    readonly email?: string;
    readonly phone?: string;
  };
}

const nameLength = 120;
const idLength = 200;

/** `country`: ISO 3166, of numbers without one. Undefined for what is no number: a withheld one, a name. */
export function phoneForm(written: string, country?: string): string | undefined {
  if (written.length > 60 || !/^[+\d\s()./-]+$/.test(written)) return undefined;
  const dialled = written.replace(/[^\d+]/g, '');
  // Without a country nobody knows how calls abroad begin there: nearly everywhere by 00.
  const text = country === undefined ? dialled.replace(/^00/, '+') : dialled;
  if (!/^\+?\d{2,20}$/.test(text)) return undefined;
  const found = parsePhoneNumberFromString(text, country as CountryCode | undefined);
  return found?.isValid() ? found.number : text;
}

export function mailForm(written: string): string | undefined {
  const form = normalForm('mail-address', written);
  return 'value' in form ? form.value : undefined;
}

const idForm = (written: string): string | undefined =>
  cleanLine(written.normalize('NFC'), idLength) || undefined;

/** Each once; the first is the one that is answered. */
export function addressesOf(facts: ContactFacts, country?: string): CardAddress[] {
  const found = formsOf(facts, country).flatMap(([kind, value]) =>
    value === undefined ? [] : [{ kind, value }],
  );
  return found.filter((one, index) => found.findIndex((other) => isSame(one, other)) === index);
}

const isSame = (a: CardAddress, b: CardAddress): boolean => a.kind === b.kind && a.value === b.value;

function formsOf({ from = '', text }: ContactFacts, country?: string): [string, string | undefined][] {
  if (!text) return [['phone', phoneForm(from, country)]];
  const { channelId, endpointId, address, email = '', phone = '' } = text;
  switch (channelId) {
    case 'mail':
      return [
        ['mail', mailForm(address)],
        ['phone', phoneForm(phone, country)],
      ];
    case formChannelId:
      return [
        ['phone', phoneForm(address, country)],
        ['mail', mailForm(email)],
      ];
    case 'chat': {
      const mail = mailForm(email) ?? mailForm(address);
      return mail === undefined ? [['chat', idForm(address)]] : [['mail', mail]];
    }
    default:
      return [
        [`connector:${endpointId}`, idForm(address)],
        // A gateway that calls its customers by whole numbers means those.
        ['phone', address.startsWith('+') ? wholeNumber(address) : undefined],
      ];
  }
}

function wholeNumber(written: string): string | undefined {
  const found = parsePhoneNumberFromString(written);
  return found?.isValid() ? found.number : undefined;
}

/** As it was given; undefined where nothing is left of it. */
export const customerName = (given: string): string | undefined => cleanLine(given, nameLength) || undefined;

/** For finding: small letters without their marks, so that `Perè` and `ПЁТР` are found by `pere` and `петр`. */
export const foldedText = (text: string): string =>
  text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(/\s+/gu, ' ')
    .trim();
