/** The names that a certificate is for: host names and addresses, as browsers check them (RFC 6125, RFC 9525). */
import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { CliError } from '../../admin-socket.ts';

const label = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const hostName = new RegExp(String.raw`^(\*\.${label}\.)?${label}(\.${label})*$`);

function nameOf(text: string): string {
  const bare = text.trim().replace(/^\[|\]$/g, '');
  if (isIP(bare) !== 0) return bare;
  const [lead, rest] = bare.startsWith('*.') ? ['*.', bare.slice(2)] : ['', bare];
  const name = `${lead}${domainToASCII(rest)}`;
  if (name.length > 253 || !hostName.test(name) || /^[\d.]+$/.test(name))
    throw new CliError(
      `"${text.trim()}" is no host name and no address: write names such as hearthline.bank.example,10.20.0.5`,
    );
  return name;
}

/** Each once, in the order given. Throws CliError. */
export function readNames(texts: readonly string[]): string[] {
  const names = texts
    .flatMap((text) => text.split(','))
    .filter((text) => text.trim() !== '')
    .map(nameOf);
  if (names.length === 0) throw new CliError('--names is empty: write at least one host name or address');
  return [...new Set(names)];
}

/** As openssl writes them. */
export const alternativeNames = (names: readonly string[]): string =>
  names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
