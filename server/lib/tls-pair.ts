/**
 * A certificate (with the chain that is sent along) and its key, read from two files and checked: the key fits, TLS can be
 * spoken with them, and nobody else on the machine may read the key. Whatever is wrong is a TlsFault in plain words that
 * names the file and the remedy, never the content. What is spoken: TLS 1.2 and 1.3 with forward secrecy and authenticated
 * encryption only (RFC 9325 §4.2).
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import type { SecureContextOptions } from 'node:tls';

export interface TlsFiles {
  certFile: string;
  keyFile: string;
}

export interface CertificateFacts {
  /** One line. */
  subject: string;
  issuer: string;
  /** Host names and addresses, as certificates write them. */
  names: string[];
  /** ms UTC */
  fromMs: number;
  untilMs: number;
  /** SHA-256, hexadecimal with colons. */
  fingerprint: string;
}

export interface TlsPair {
  cert: string;
  key: string;
  facts: CertificateFacts;
}

/** `message`: for the bank's IT. */
export class TlsFault extends Error {}

const maxBytes = 256 * 1024;
const forOthers = 0o007;
const certificateBlock = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** Without those of TLS 1.3 a list of ciphers has none of them in Node. */
const ciphers = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
].join(':');

/** What a listener speaks with this pair. */
export function serverTls({ cert, key }: Pick<TlsPair, 'cert' | 'key'>): SecureContextOptions {
  return { cert, key, ciphers, minVersion: 'TLSv1.2', honorCipherOrder: true };
}

/** In the order of the file; throws TlsFault where there is none, or one that cannot be read. */
export function certificatesIn(content: Buffer | string, file: string): X509Certificate[] {
  const text = content.toString('latin1');
  const blocks: (string | Buffer)[] = text.match(certificateBlock) ?? [];
  // Windows' authorities hand out DER, which has no text around it.
  if (blocks.length === 0 && typeof content !== 'string' && content[0] === 0x30) blocks.push(content);
  if (blocks.length === 0) throw new TlsFault(`${file} holds no certificate (PEM)`);
  return blocks.map((block) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new TlsFault(`${file} holds a certificate that cannot be read`);
    }
  });
}

const oneLine = (name: string | undefined) => (name ?? '').split('\n').join(', ');

/** `DNS:a.example` and `IP Address:10.0.0.1` as bare names. */
function namesOf(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .flatMap((part) => /^(?:DNS|IP Address):(.+)$/.exec(part)?.[1] ?? []);
}

export function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: namesOf(certificate),
    fromMs: Date.parse(certificate.validFrom),
    untilMs: Date.parse(certificate.validTo),
    fingerprint: certificate.fingerprint256,
  };
}

function readBounded(file: string): Buffer {
  try {
    const { size } = statSync(file);
    if (size > maxBytes)
      throw new TlsFault(`${file} is larger than ${maxBytes / 1024} KB: it is something else`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof TlsFault) throw error;
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new TlsFault(
      code === 'ENOENT' ? `there is no file ${file}` : `${file} cannot be read by this user (${code})`,
    );
  }
}

function readKey(file: string): string {
  const text = readBounded(file).toString('latin1');
  if ((statSync(file).mode & forOthers) !== 0)
    throw new TlsFault(`${file} is open to every user of the machine: chmod 600 it`);
  if (/ENCRYPTED/.test(text))
    throw new TlsFault(
      `the key in ${file} is locked with a password: write it without one (openssl pkey -in OLD -out NEW)`,
    );
  return text;
}

/** Throws TlsFault. Says nothing of dates: an old certificate at the start is better than no pages at all. */
export function checkPair(cert: string, key: string, files: TlsFiles): CertificateFacts {
  const [leaf] = certificatesIn(cert, files.certFile);
  let isFitting: boolean;
  try {
    isFitting = leaf!.checkPrivateKey(createPrivateKey(key));
  } catch {
    throw new TlsFault(`${files.keyFile} holds no private key that can be read (PEM)`);
  }
  if (!isFitting)
    throw new TlsFault(
      `the key in ${files.keyFile} does not fit the certificate in ${files.certFile}: put the key that the certificate was asked for beside it`,
    );
  try {
    createSecureContext(serverTls({ cert, key }));
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^error:[0-9A-F]+:/, '') : 'unknown';
    throw new TlsFault(`TLS cannot be spoken with ${files.certFile} (${why}): a newer certificate is needed`);
  }
  return factsOf(leaf!);
}

/** Throws TlsFault. */
export function readTlsPair(files: TlsFiles): TlsPair {
  const cert = readBounded(files.certFile).toString('latin1');
  const key = readKey(files.keyFile);
  return { cert, key, facts: checkPair(cert, key, files) };
}
