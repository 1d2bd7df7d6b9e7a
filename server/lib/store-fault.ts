/** Why a store does not take us, in words without names or addresses: for the log, for /healthz and for the command line. */

export interface StoreFault {
  why: string;
  /** It is there and will not have us: somebody has to change something. Otherwise it may come by itself. */
  isRefusal: boolean;
}

const unknownAuthority = 'its certificate is of an authority that is not trusted here';
const wrongPassword = 'it refuses the user or the password';
const noRight = 'the user may not do there what Hearthline has to';
const noTls = 'it does not speak TLS, or none that we know';

/** By SQLSTATE (PostgreSQL: "Error Codes"), the first word of an answer of Redis, or the code of Node. */
const refusals: Readonly<Record<string, string>> = {
  '28P01': wrongPassword,
  '28000': 'it refuses the user, our address, or a connection without TLS',
  '3D000': 'there is no such database',
  '42501': noRight,
  WRONGPASS: wrongPassword,
  NOAUTH: 'it wants a password',
  NOPERM: noRight,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT: unknownAuthority,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownAuthority,
  SELF_SIGNED_CERT_IN_CHAIN: unknownAuthority,
  DEPTH_ZERO_SELF_SIGNED_CERT: unknownAuthority,
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  CERT_HAS_EXPIRED: 'its certificate has ended',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  EPROTO: noTls,
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
};

const absences: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be looked up',
  EAI_AGAIN: 'its name cannot be looked up',
  ECONNREFUSED: 'nobody listens there',
  '53300': 'it has no connection left for us',
  '57P03': 'it is starting',
};

/** The error itself, and those that a library has wrapped. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < 5;) {
    chain.push(at);
    at = (at as { parent?: unknown }).parent ?? at.cause;
  }
  return chain;
}

export function storeFault(error: unknown): StoreFault {
  for (const one of chainOf(error)) {
    const { code } = one as { code?: unknown };
    const words = [typeof code === 'string' ? code : '', one.message.split(' ')[0]!];
    for (const word of words) {
      if (Object.hasOwn(refusals, word)) return { why: refusals[word]!, isRefusal: true };
      if (Object.hasOwn(absences, word)) return { why: absences[word]!, isRefusal: false };
    }
    if (/does not support SSL/.test(one.message)) return { why: noTls, isRefusal: true };
    // What Redis answers to a script that may not do what it does.
    if (/can't run this command|can't access/.test(one.message)) return { why: noRight, isRefusal: true };
  }
  return { why: 'it does not answer', isRefusal: false };
}
