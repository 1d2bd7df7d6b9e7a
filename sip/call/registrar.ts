/**
 * Where phones are: the location service of RFC 3261 §10 for the phones of the site file, with digest sign-in.
 * It knows nothing of calls. Unknown phones and wrong passwords are answered alike, so that nobody can find out
 * which extensions exist. A phone behind NAT is reached at the address its REGISTER came from.
 */
import type { SipPhone } from '../port.ts';
import { DigestVerifier, parseAuthorization, type Algorithm, type Secrets } from './digest.ts';
import type { NameAddr, SipRequest, SipResponse } from './srf.ts';
import { userOf } from './uri.ts';

export interface Binding {
  contact: string;
  /** Where the REGISTER came from, and which of our addresses it reached. */
  ip: string;
  port: number;
  protocol: string;
  localIp: string;
  callId: string;
  cseq: number;
  expiresAt: number;
}
export interface RegistrarOptions {
  minExpiresSec: number;
  maxExpiresSec: number;
  now: () => number;
  onRegistered(phoneId: string, transport: string): void;
  onUnregistered(phoneId: string, reason: 'expired' | 'asked' | 'removed' | 'dead'): void;
  onChanged(phoneId: string, bindings: Binding[] | undefined): void;
}

const maxBindings = 5;
const maxPlaces = 20_000;
const maxFailuresPerMinute = 30;
/** Compared against when there is no such phone, so that the answer and its cost stay the same. */
const nobody: Secrets = { md5: '0'.repeat(32), sha256: '0'.repeat(64) };

export class Registrar {
  private readonly options: RegistrarOptions;
  private readonly digest: DigestVerifier;
  private phones = new Map<string, SipPhone>();
  private realm = 'hearthline';
  private algorithms: readonly Algorithm[] = ['MD5'];
  private readonly bindings = new Map<string, Binding[]>();
  /** From where phones have registered since this process began; a phone that signed off is still answered. */
  private readonly places = new Map<string, string>();
  private readonly failures = new Map<string, { count: number; since: number }>();
  private readonly sweeper: NodeJS.Timeout;

  constructor(options: RegistrarOptions) {
    this.options = options;
    this.digest = new DigestVerifier(options.now);
    this.sweeper = setInterval(() => this.sweep(), 500);
    this.sweeper.unref();
  }

  configure(realm: string, phones: SipPhone[], algorithms: readonly Algorithm[]): void {
    this.realm = realm;
    this.algorithms = algorithms;
    this.phones = new Map(phones.map((p) => [p.phoneId, p]));
    for (const phoneId of this.bindings.keys()) {
      if (!this.phones.has(phoneId)) this.drop(phoneId, 'removed');
    }
  }

  /** Takes over what a former process knew; expired entries go at the next sweep. */
  adopt(phoneId: string, bindings: Binding[]): void {
    if (this.phones.has(phoneId) && bindings.length > 0) this.bindings.set(phoneId, bindings);
  }

  stop(): void {
    clearInterval(this.sweeper);
  }

  hasPhone(phoneId: string): boolean {
    return this.phones.has(phoneId);
  }

  /** Whether this phone is registered from there. */
  isBoundAt(phoneId: string, ip: string, port: number): boolean {
    return this.locate(phoneId).some((b) => b.ip === ip && b.port === port);
  }

  locate(phoneId: string): readonly Binding[] {
    const now = this.options.now();
    return this.bindings.get(phoneId)?.filter((b) => b.expiresAt > now) ?? [];
  }

  /** Phones by the address that they registered from, now or lately. Several may stand behind one: the last of them is told. */
  addresses(): Map<string, string> {
    const found = new Map([...this.places].filter(([, phoneId]) => this.phones.has(phoneId)));
    for (const [phoneId, list] of this.bindings) for (const { ip } of list) found.set(ip, phoneId);
    return found;
  }

  private rememberPlace(ip: string, phoneId: string): void {
    this.places.delete(ip);
    this.places.set(ip, phoneId);
    const [oldest = ip] = this.places.keys();
    if (this.places.size > maxPlaces) this.places.delete(oldest);
  }

  registeredPhones(): string[] {
    return [...this.bindings.keys()].filter((phoneId) => this.locate(phoneId).length > 0);
  }

  /** The phone does not answer at all: forgotten until it registers anew. */
  markDead(phoneId: string): void {
    if (this.bindings.has(phoneId)) this.drop(phoneId, 'dead');
  }

  /**
   * Checks who sends a request; answers it (401 or 403) and returns undefined unless it is a phone of ours.
   * `claimed` narrows it to one phone, as REGISTER must.
   */
  authenticate(req: SipRequest, res: SipResponse, claimed?: string): string | undefined {
    const auth = parseAuthorization(req.get('Authorization'));
    if (!auth || auth.realm !== this.realm || !this.algorithms.includes(auth.algorithm)) {
      this.challenge(res, false);
      return undefined;
    }
    if (this.isBlocked(req.source_address)) {
      res.send(403);
      return undefined;
    }
    const phone = this.phones.get(auth.username);
    const isAllowed = phone !== undefined && (claimed === undefined || claimed === auth.username);
    const verdict = this.digest.verify(auth, req.method, isAllowed ? phone.digest : nobody);
    if (verdict === 'ok' && isAllowed) return auth.username;
    if (verdict === 'stale') this.challenge(res, true);
    else {
      this.countFailure(req.source_address);
      res.send(403);
    }
    return undefined;
  }

  private challenge(res: SipResponse, isStale: boolean): void {
    res.send(401, {
      headers: { 'WWW-Authenticate': this.digest.challenge(this.realm, isStale, this.algorithms) },
    });
  }

  handleRegister(req: SipRequest, res: SipResponse): void {
    const to = req.getParsedHeader('to') as NameAddr;
    const phoneId = this.authenticate(req, res, userOf(to.uri));
    if (phoneId === undefined) return;
    const contacts = req.has('contact') ? (req.get('contact') ?? '') : '';
    if (contacts.trim() === '*') {
      if (req.get('expires')?.trim() !== '0') return res.send(400, 'Expires Must Be 0');
      this.drop(phoneId, 'asked');
      return res.send(200);
    }
    const wanted = contacts === '' ? [] : (req.getParsedHeader('contact') as NameAddr[]);
    const change = this.planBindings(req, phoneId, wanted);
    if (change === 'too-brief')
      return res.send(423, { headers: { 'Min-Expires': String(this.options.minExpiresSec) } });
    if (change === 'out-of-order') return res.send(500, 'Out Of Order');
    if (wanted.length > 0) this.replace(phoneId, change, req.protocol);
    const now = this.options.now();
    const list = this.locate(phoneId).map(
      (b) => `<${b.contact}>;expires=${Math.max(1, Math.round((b.expiresAt - now) / 1000))}`,
    );
    res.send(200, list.length > 0 ? { headers: { Contact: list.join(', ') } } : {});
  }

  private planBindings(
    req: SipRequest,
    phoneId: string,
    wanted: NameAddr[],
  ): Binding[] | 'too-brief' | 'out-of-order' {
    const { minExpiresSec, maxExpiresSec, now } = this.options;
    const callId = req.get('call-id') ?? '';
    const cseq = Number.parseInt(req.get('cseq') ?? '0', 10);
    let list = [...(this.bindings.get(phoneId) ?? [])];
    for (const contact of wanted) {
      const asked = contact.params['expires'] ?? req.get('expires') ?? String(maxExpiresSec);
      const sec = /^\d{1,10}$/.test(asked.trim()) ? Number(asked) : maxExpiresSec;
      if (sec > 0 && sec < minExpiresSec) return 'too-brief';
      const old = list.find((b) => b.contact === contact.uri);
      if (old && old.callId === callId && cseq <= old.cseq) return 'out-of-order';
      list = list.filter((b) => b.contact !== contact.uri);
      if (sec === 0) continue;
      list.push({
        contact: contact.uri,
        ip: req.source_address,
        port: req.source_port,
        protocol: req.protocol || 'udp',
        localIp: localIpOf(req),
        callId,
        cseq,
        expiresAt: now() + Math.min(sec, maxExpiresSec) * 1000,
      });
    }
    // The same device after a change of address: its old entry from the same call goes (RFC 5626 in spirit).
    const fresh = new Set(wanted.map((c) => c.uri));
    list = list.filter((b) => fresh.has(b.contact) || b.callId !== callId || fresh.size === 0);
    // A phone that forgot its old ports would lock itself out: the oldest give way.
    return list.slice(-maxBindings);
  }

  private replace(phoneId: string, list: Binding[], transport: string): void {
    const wasThere = this.locate(phoneId).length > 0;
    if (list.length === 0) {
      if (this.bindings.has(phoneId)) this.drop(phoneId, 'asked');
      return;
    }
    this.bindings.set(phoneId, list);
    for (const { ip } of list) this.rememberPlace(ip, phoneId);
    this.options.onChanged(phoneId, list);
    if (!wasThere) this.options.onRegistered(phoneId, transport);
  }

  private drop(phoneId: string, reason: 'expired' | 'asked' | 'removed' | 'dead'): void {
    if (!this.bindings.delete(phoneId)) return;
    this.options.onChanged(phoneId, undefined);
    this.options.onUnregistered(phoneId, reason);
  }

  private sweep(): void {
    const now = this.options.now();
    for (const [phoneId, list] of this.bindings) {
      if (list.every((b) => b.expiresAt > now)) continue;
      const rest = list.filter((b) => b.expiresAt > now);
      if (rest.length === 0) this.drop(phoneId, 'expired');
      else {
        this.bindings.set(phoneId, rest);
        this.options.onChanged(phoneId, rest);
      }
    }
    for (const [ip, entry] of this.failures) if (now - entry.since > 60_000) this.failures.delete(ip);
  }

  private countFailure(ip: string): void {
    const entry = this.failures.get(ip);
    if (entry) entry.count++;
    else if (this.failures.size < 10_000) this.failures.set(ip, { count: 1, since: this.options.now() });
  }

  private isBlocked(ip: string): boolean {
    return (this.failures.get(ip)?.count ?? 0) >= maxFailuresPerMinute;
  }
}

/** Which of our own addresses a request reached. */
export function localIpOf(req: SipRequest): string {
  const text = req.receivedOn ?? '127.0.0.1:5060';
  return text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
