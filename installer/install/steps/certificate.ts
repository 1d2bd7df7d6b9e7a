/** The certificate of the pages: of an authority of this house, and with `csr` the request for one of the bank's as well. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { certificatesCommand } from '../../ops/certificates.ts';
import { installedHouse } from '../../house.ts';
import type { InstallContext, Step } from '../step.ts';
import { InstallError } from '../system.ts';

const hasCertificate = ({ places }: InstallContext) => existsSync(join(places.tlsDir, 'server.crt'));
const hasRequest = ({ places }: InstallContext) => existsSync(join(places.tlsDir, 'request/server.csr'));

async function certificates({ say }: InstallContext, args: string[]): Promise<void> {
  const said: string[] = [];
  const code = await certificatesCommand(args, installedHouse(), {
    out: (text) => said.push(text),
    error: (text) => said.push(text),
  });
  if (code !== 0) throw new InstallError(said.join('\n'));
  for (const line of said.join('\n').split('\n')) say(`    ${line}`);
}

export const certificateStep: Step = {
  number: 6,
  title: 'Certificate of the pages',
  check: (context) => {
    const { certificate } = context.answers;
    if (certificate === 'none') return [];
    return [
      ...(hasCertificate(context) ? [] : ['make an authority of this house and a certificate from it']),
      ...(certificate === 'csr' && !hasRequest(context) ? ['write the request for your own authority'] : []),
    ];
  },
  apply: async (context) => {
    const { certificate, names } = context.answers;
    const named = ['--names', names.join(',')];
    if (!hasCertificate(context)) await certificates(context, ['make', ...named]);
    if (certificate === 'csr' && !hasRequest(context)) await certificates(context, ['csr', ...named]);
  },
};
