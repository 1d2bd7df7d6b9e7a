/**
 * One form for each way in which a sender may be written, so that a block holds however it is written: small letters, domains in
 * ASCII (IDN, RFC 5891), networks as CIDR, telephone numbers in digits. Whoever blocks gives no pattern: nothing here is
 * a regular expression of theirs.
 *
 * What is looked for of a mail address: the address, the same without `+detail` (RFC 5233), its domain and each one above.
 */
import { domainToASCII } from 'node:url';
import type { BlockFault, BlockKind } from '../../contract/rest-quarantine.ts';
import { networkText, parseNetwork } from '../../lib/network.ts';

/** Narrower ones only: a slip of the finger must not shut the door to a continent. */
export const broadestBits = { v4: 8, v6: 16 };
const maxDomainLength = 253;
const domainForm = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z0-9-]{2,63}$/;

/** What is looked for, as domains are kept; where it has nothing of that kind, itself. */
export const asciiOf = (text: string): string => domainToASCII(text) || text.toLowerCase();

/** Undefined for what cannot be a domain of mails. */
export function domainOf(text: string): string | undefined {
  const bare = text.trim().replace(/\.$/, '');
  if (bare.length > maxDomainLength) return undefined;
  // What the standard for domains would not take, and mail systems do: an underscore stays.
  const ascii = domainToASCII(bare) || bare.toLowerCase();
  return ascii.length <= maxDomainLength && domainForm.test(ascii) ? ascii : undefined;
}

interface MailParts {
  local: string;
  domain: string;
}

function mailParts(address: string): MailParts | undefined {
  const text = address.trim();
  const at = text.lastIndexOf('@');
  const local = text.slice(0, Math.max(0, at)).normalize('NFKC').toLowerCase();
  const domain = domainOf(text.slice(at + 1));
  const isLocal = local !== '' && local.length <= 64 && !/[\s"<>()@,;:\\]/.test(local);
  return domain !== undefined && isLocal ? { local, domain } : undefined;
}

/** `+39 06 1234`, `0039061234` and `+39061234` are one; a number without its country stays so. */
export function phoneOf(text: string): string | undefined {
  const digits = text.replace(/\D/g, '');
  const isPlus = text.trim().startsWith('+');
  const international = isPlus ? digits : digits.startsWith('00') ? digits.slice(2) : undefined;
  const plain = international === undefined ? digits : `+${international}`;
  return /^\+?\d{5,20}$/.test(plain) ? plain : undefined;
}

export function normalForm(kind: BlockKind, text: string): { value: string } | { fault: BlockFault } {
  switch (kind) {
    case 'mail-address': {
      const parts = mailParts(text);
      return parts ? { value: `${parts.local}@${parts.domain}` } : { fault: 'not-an-address' };
    }
    case 'mail-domain': {
      const value = domainOf(text.trim().replace(/^@/, ''));
      return value === undefined ? { fault: 'not-a-domain' } : { value };
    }
    case 'network': {
      const network = parseNetwork(text);
      if (!network) return { fault: 'not-a-network' };
      const broadest = network.bytes.length === 4 ? broadestBits.v4 : broadestBits.v6;
      return network.bits < broadest ? { fault: 'too-broad' } : { value: networkText(network) };
    }
    case 'phone': {
      const value = phoneOf(text);
      // Letters in it: something else was meant.
      return value === undefined || !/^[\d\s()+./-]+$/.test(text) ? { fault: 'not-a-number' } : { value };
    }
  }
}

/** Under which addresses and domains a mail address may be blocked; none for what is no address. */
export function formsOfMail(address: string): { addresses: string[]; domains: string[] } {
  const parts = mailParts(address);
  if (!parts) return { addresses: [], domains: [] };
  const { local, domain } = parts;
  const [plain = ''] = local.split('+');
  const labels = domain.split('.');
  return {
    addresses: [...new Set([local, plain === '' ? local : plain])].map((one) => `${one}@${domain}`),
    domains: labels.slice(0, -1).map((_, index) => labels.slice(index).join('.')),
  };
}
