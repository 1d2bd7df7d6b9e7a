/** Why a store does not take us, in words without names or addresses: for the log, for /healthz and for the command line. */

export interface StoreFault {
  why: string;
  /** It is there and will not have us: somebody has to change something. Otherwise it may come by itself. */
  isRefusal: boolean;
}

const refusal = (why: string): StoreFault => ({ why, isRefusal: true });
const absence = (why: string): StoreFault => ({ why, isRefusal: false });

const faults = {
  wrongPassword: refusal('it refuses the user or the password'),
  noPassword: refusal('it wants a password'),
  needlessPassword: refusal('it has no password set, and we send one'),
  isProtected: refusal('it takes nobody from another machine (protected mode)'),
  notLetIn: refusal('it refuses the user, our address, or a connection without TLS'),
  noDatabase: refusal('there is no such database'),
  noRight: refusal('the user may not do there what Hearthline has to'),
  unknownAuthority: refusal('its certificate is of an authority that is not trusted here'),
  otherName: refusal('its certificate is for another name'),
  certificateEnded: refusal('its certificate has ended'),
  certificateEarly: refusal('its certificate is not valid yet'),
  noTls: refusal('it does not speak TLS, or none that we know'),
  unknownName: absence('its name cannot be looked up'),
  nobodyListens: absence('nobody listens there'),
  isFull: absence('it has no connection left for us'),
  isStarting: absence('it is starting'),
  noWay: absence('it does not answer'),
} as const;
export type StoreFaultKind = keyof typeof faults;

/** How the code begins (SQLSTATE of "PostgreSQL Error Codes", or of Node), or the message: the first word of an answer of Redis. */
const signs: readonly (readonly [sign: RegExp, kind: StoreFaultKind])[] = [
  [/^(28P01|WRONGPASS)/, 'wrongPassword'],
  [/^(NOAUTH|SASL)/, 'noPassword'],
  [/^ERR AUTH/, 'needlessPassword'],
  [/^DENIED/, 'isProtected'],
  [/^28000/, 'notLetIn'],
  [/^3D000/, 'noDatabase'],
  // The second is what Redis answers to a script that may not do what it does.
  [/^(42501|NOPERM)|can't run this command|can't access/, 'noRight'],
  [/^(SELF_SIGNED_CERT|DEPTH_ZERO|UNABLE_TO_)/, 'unknownAuthority'],
  [/^ERR_TLS_CERT_ALTNAME/, 'otherName'],
  [/^CERT_HAS_EXPIRED/, 'certificateEnded'],
  [/^CERT_NOT_YET_VALID/, 'certificateEarly'],
  [/^(EPROTO|ERR_SSL_)|does not support SSL/, 'noTls'],
  [/^(ENOTFOUND|EAI_AGAIN)/, 'unknownName'],
  [/^ECONNREFUSED/, 'nobodyListens'],
  [/^53300/, 'isFull'],
  [/^57P03/, 'isStarting'],
  [/^(ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ECONNRESET)/, 'noWay'],
];

const chainAtMost = 10;

/** The error itself, and those that a library has wrapped. */
function chainOf(error: unknown): Error[] {
  const chain: Error[] = [];
  for (let at = error; at instanceof Error && chain.length < chainAtMost;) {
    chain.push(at);
    at = (at as { parent?: unknown }).parent ?? at.cause;
  }
  return chain;
}

/** Undefined: it says nothing that we know. */
export function kindOfStoreFault(error: unknown): StoreFaultKind | undefined {
  for (const one of chainOf(error)) {
    const { code } = one as { code?: unknown };
    for (const text of [typeof code === 'string' ? code : '', one.message]) {
      const found = signs.find(([sign]) => sign.test(text));
      if (found) return found[1];
    }
  }
  return undefined;
}

export const storeFault = (error: unknown): StoreFault => faults[kindOfStoreFault(error) ?? 'noWay'];
