/** The certificate authority of a bank, root and intermediate, which signs what a request asks for: by openssl, as theirs might. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface BankAuthority {
  rootFile: string;
  /** The intermediate. */
  chainFile: string;
  /** Signs the request; what is left out is as a bank would do it. */
  sign(
    requestFile: string,
    how?: { names?: string; days?: number; usage?: string; isAuthority?: boolean },
  ): string;
}

export function makeBankAuthority(dir: string): BankAuthority {
  mkdirSync(dir, { recursive: true });
  const openssl = (...args: string[]) => execFileSync('openssl', args, { cwd: dir, stdio: 'pipe' });
  const authority = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  writeFileSync(join(dir, 'authority.ext'), authority);
  const newKey = (name: string) => ['-newkey', 'rsa:2048', '-nodes', '-keyout', `${name}.key`];
  const named = (name: string) => ['-subj', `/C=IT/O=Bank/CN=${name}`];
  openssl('req', '-new', ...newKey('root'), '-out', 'root.csr', ...named('Bank Root'));
  openssl(
    'x509',
    '-req',
    '-in',
    'root.csr',
    '-signkey',
    'root.key',
    '-days',
    '9',
    '-extfile',
    'authority.ext',
    '-out',
    'root.crt',
  );
  openssl('req', '-new', ...newKey('issuing'), '-out', 'issuing.csr', ...named('Bank Issuing'));
  const byRoot = ['-CA', 'root.crt', '-CAkey', 'root.key', '-CAcreateserial'];
  openssl(
    'x509',
    '-req',
    '-in',
    'issuing.csr',
    ...byRoot,
    '-days',
    '9',
    '-extfile',
    'authority.ext',
    '-out',
    'issuing.crt',
  );
  let signed = 0;
  return {
    rootFile: join(dir, 'root.crt'),
    chainFile: join(dir, 'issuing.crt'),
    sign(requestFile, { names, days = 5, usage = 'serverAuth', isAuthority = false } = {}) {
      signed += 1;
      const text = openssl('req', '-in', requestFile, '-noout', '-text').toString();
      const asked = /Subject Alternative Name:\s*\n\s*(.+)/.exec(text)?.[1] ?? '';
      const san = names ?? asked.replaceAll('IP Address:', 'IP:').replaceAll(' ', '');
      const extensions = [
        `basicConstraints=critical,CA:${isAuthority ? 'TRUE' : 'FALSE'}`,
        ...(usage === '' ? [] : [`extendedKeyUsage=${usage}`]),
        ...(san === '' ? [] : [`subjectAltName=${san}`]),
      ];
      const file = join(dir, `signed-${signed}.crt`);
      writeFileSync(join(dir, 'server.ext'), `${extensions.join('\n')}\n`);
      const by = ['-CA', 'issuing.crt', '-CAkey', 'issuing.key', '-CAcreateserial', '-days', String(days)];
      openssl('x509', '-req', '-in', requestFile, ...by, '-extfile', 'server.ext', '-out', file);
      readFileSync(file);
      return file;
    },
  };
}
