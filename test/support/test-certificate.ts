/** A certificate for localhost and 127.0.0.1 that signs itself, so that it is its own authority. openssl comes with dovecot-core. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface TestCertificate {
  certificateFile: string;
  keyFile: string;
  certificate: Buffer;
  key: Buffer;
}

export function makeTestCertificate(dir: string): TestCertificate {
  const [certificateFile, keyFile] = [join(dir, 'test.crt'), join(dir, 'test.key')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', keyFile];
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, '-out', certificateFile, ...subject], {
    stdio: 'pipe',
  });
  return {
    certificateFile,
    keyFile,
    certificate: readFileSync(certificateFile),
    key: readFileSync(keyFile),
  };
}
