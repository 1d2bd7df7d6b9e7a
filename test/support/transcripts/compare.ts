// Compares one SIP message or one control frame of ours with the recorded one: same kind, same fields in the
// same places, volatile values standing for the recorded ones consistently (see bindings.ts).
// Everything recorded must be there; what ours adds must be on the short list of harmless headers.

import { Bindings, MismatchError } from './bindings.ts';
import {
  headerOf,
  isResponse,
  methodOf,
  parseNameAddr,
  parseSipText,
  parseVia,
  splitList,
  tagOf,
  valuesOf,
  type SipText,
} from './sip-text.ts';

/** Who began the transaction a message belongs to: the engine's sequence numbers are volatile, others' are not. */
export type Origin = 'engine' | 'endpoint';

const addressHeaders = new Set(['from', 'to', 'contact', 'refer-to', 'referred-by', 'record-route', 'route']);
const boundHeaders = new Set(['via', 'call-id', 'cseq', 'rseq', 'rack']);
const unorderedHeaders = new Set(['allow', 'supported', 'require', 'unsupported', 'accept']);
const harmlessAdditions = new Set(['user-agent', 'server', 'date', 'timestamp']);

export function compareSip(recordedText: string, oursText: string, origin: Origin, bindings: Bindings): void {
  const recorded = parseSipText(recordedText);
  const ours = parseSipText(oursText);
  bindIdentity(recorded, ours, origin, bindings);
  same('start line', bindings.translate(recorded.startLine), ours.startLine);
  for (const name of new Set(recorded.headers.map((header) => header.name))) {
    if (!boundHeaders.has(name)) compareHeader(name, recorded, ours, bindings);
  }
  const names = new Set(recorded.headers.map((header) => header.name));
  for (const { name, value } of ours.headers) {
    if (!names.has(name) && !harmlessAdditions.has(name))
      throw new MismatchError(`unexpected header ${name}: ${value}`);
  }
  same('body', bindings.translate(recorded.body), ours.body);
  same('Content-Length', String(Buffer.byteLength(ours.body, 'utf8')), headerOf(ours, 'content-length'));
}

function bindIdentity(recorded: SipText, ours: SipText, origin: Origin, bindings: Bindings): void {
  same('kind', isResponse(recorded) ? 'response' : 'request', isResponse(ours) ? 'response' : 'request');
  bindings.bind('Call-ID', headerOf(recorded, 'call-id'), headerOf(ours, 'call-id'));
  for (const side of ['from', 'to'] as const) {
    const recordedTag = tagOf(recorded, side);
    const ourTag = tagOf(ours, side);
    if (recordedTag === '' || ourTag === '') same(`${side} tag`, recordedTag, ourTag);
    else bindings.bind(`${side} tag`, recordedTag, ourTag);
  }
  compareVias(
    valuesOf(recorded, 'via').flatMap(splitList),
    valuesOf(ours, 'via').flatMap(splitList),
    bindings,
  );
  compareCseq(recorded, ours, origin, bindings);
  const recordedRseq = headerOf(recorded, 'rseq');
  const ourRseq = headerOf(ours, 'rseq');
  if (recordedRseq !== '' || ourRseq !== '') bindings.bind('RSeq', recordedRseq, ourRseq);
  compareRack(
    headerOf(recorded, 'rack'),
    headerOf(ours, 'rack'),
    headerOf(recorded, 'call-id'),
    origin,
    bindings,
  );
}

function compareVias(recorded: readonly string[], ours: readonly string[], bindings: Bindings): void {
  same('number of Via values', String(recorded.length), String(ours.length));
  recorded.forEach((value, index) => {
    const ourValue = ours[index] ?? '';
    const recordedVia = parseVia(value);
    const ourVia = parseVia(ourValue);
    same('Via transport', recordedVia.protocol, ourVia.protocol);
    const withPort = recordedVia.sentBy.includes(':') ? recordedVia.sentBy : `${recordedVia.sentBy}:5060`;
    same('Via sent-by', bindings.translate(withPort), ourVia.sentBy);
    bindings.bind('Via branch', recordedVia.params.get('branch') ?? '', ourVia.params.get('branch') ?? '');
    const keys = new Set([...recordedVia.params.keys(), ...ourVia.params.keys()]);
    for (const key of keys) {
      if (key === 'branch') continue;
      const wanted = recordedVia.params.get(key);
      const port = key === 'rport' && wanted !== undefined && wanted !== '';
      const translated = port ? bindings.translate(`127.0.0.1:${wanted}`).split(':')[1] : wanted;
      same(`Via ${key}`, String(translated), String(ourVia.params.get(key)));
    }
    // An endpoint answers with the Via it got, so the whole value is bound too: ours may name its port.
    if (!recordedVia.sentBy.includes(':')) bindings.bind('Via', value, ourValue);
  });
}

function compareCseq(recorded: SipText, ours: SipText, origin: Origin, bindings: Bindings): void {
  const [recordedNumber = '', recordedMethod = ''] = headerOf(recorded, 'cseq').split(/\s+/);
  const [ourNumber = '', ourMethod = ''] = headerOf(ours, 'cseq').split(/\s+/);
  same('CSeq method', recordedMethod, ourMethod);
  same('CSeq method against start line', methodOf(ours), ourMethod);
  if (!/^\d+$/.test(ourNumber) || Number(ourNumber) >= 2 ** 31)
    throw new MismatchError(`CSeq number ${ourNumber}`);
  if (origin === 'engine')
    bindings.bindCseq(headerOf(recorded, 'call-id'), Number(recordedNumber), Number(ourNumber));
  else same('CSeq number', recordedNumber, ourNumber);
}

function compareRack(
  recorded: string,
  ours: string,
  callId: string,
  origin: Origin,
  bindings: Bindings,
): void {
  if (recorded === '' && ours === '') return;
  const [rseq = '', cseq = '', method = ''] = recorded.split(/\s+/);
  const number = origin === 'engine' ? bindings.translateCseq(callId, Number(cseq)) : Number(cseq);
  same('RAck', `${bindings.translate(rseq)} ${number} ${method}`, ours);
}

function compareHeader(name: string, recorded: SipText, ours: SipText, bindings: Bindings): void {
  const recordedValues = valuesOf(recorded, name);
  const ourValues = valuesOf(ours, name);
  if (name === 'content-length') return; // Checked against our own body.
  if (addressHeaders.has(name)) {
    same(
      name,
      recordedValues
        .flatMap(splitList)
        .map((value) => canonicalAddress(bindings.translate(value)))
        .join(', '),
      ourValues.flatMap(splitList).map(canonicalAddress).join(', '),
    );
    return;
  }
  const whole = (values: readonly string[]): string => {
    const text = canonicalText(values.join(','));
    return unorderedHeaders.has(name) ? text.split(',').sort().join(',') : text;
  };
  same(name, whole(recordedValues.map((value) => bindings.translate(value))), whole(ourValues));
}

function canonicalAddress(value: string): string {
  const { display, uri, params } = parseNameAddr(value);
  const sorted = [...params].map(([key, text]) => `;${key}=${text}`).sort();
  return `"${display}" <${uri}>${sorted.join('')}`;
}

/** Space around separators says nothing, the rest does. */
const canonicalText = (value: string): string => value.replace(/\s*([,;=])\s*/g, '$1').replace(/\s+/g, ' ');

function same(what: string, expected: string, ours: string): void {
  if (expected !== ours) throw new MismatchError(`${what}: expected "${expected}", got "${ours}"`);
}

const timeOfDay = /^\d\d:\d\d:\d\d\.\d{6}$/;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function splitFrame(payload: string): { tokens: string[]; sip: string } {
  const end = payload.indexOf('\r\n');
  const head = end < 0 ? payload : payload.slice(0, end);
  return { tokens: head.split('|'), sip: end < 0 ? '' : payload.slice(end + 2) };
}

export function compareFrame(recordedPayload: string, ourPayload: string, bindings: Bindings): void {
  const recorded = splitFrame(recordedPayload);
  const ours = splitFrame(ourPayload);
  same('frame type', recorded.tokens[1] ?? '', ours.tokens[1] ?? '');
  same('number of tokens', String(recorded.tokens.length), String(ours.tokens.length));
  if (!uuid.test(ours.tokens[0] ?? '')) throw new MismatchError(`token 0 is no UUID: ${ours.tokens[0]}`);
  same('frame carries SIP', String(recorded.sip !== ''), String(ours.sip !== ''));
  if (recorded.sip !== '')
    compareSip(recorded.sip, ours.sip, frameOrigin(recorded.tokens, recorded.sip), bindings);
  for (let index = 2; index < recorded.tokens.length; index += 1) {
    compareToken(recorded.tokens, ours.tokens, index, ours.sip, bindings);
  }
}

function frameOrigin(tokens: readonly string[], sip: string): Origin {
  const isAnswer = sip.startsWith('SIP/');
  const isOurAnswer =
    tokens[1] === 'response' || (tokens[1]?.startsWith('cdr:') && tokens[2] === 'application');
  if (isOurAnswer) return isAnswer ? 'endpoint' : 'engine';
  if (tokens[2] === 'application') return 'engine';
  return isAnswer ? 'engine' : 'endpoint';
}

/** The place of each token is what the client reads by: see the protocol's tables of answers and events. */
function compareToken(
  recorded: readonly string[],
  ours: readonly string[],
  index: number,
  ourSip: string,
  bindings: Bindings,
): void {
  const expected = recorded[index] ?? '';
  const got = ours[index] ?? '';
  const base = recorded[1] === 'sip' ? 2 : 4; // Where `source` stands.
  const isMessageInfo = recorded[1] === 'sip' || recorded[base] === 'application';
  const what = `token ${index}`;
  if (recorded[1]?.startsWith('cdr:') && index === 3) {
    if (!timeOfDay.test(got)) throw new MismatchError(`${what}: "${got}" is no time of day`);
  } else if (recorded[1] === 'response' && index === 5 && /^v\d/.test(expected)) {
    if (!/^v\d+\.\d+\.\d+/.test(got)) throw new MismatchError(`${what}: "${got}" is no version`);
  } else if (recorded[1] === 'response' && /^(tcp|udp)\//.test(expected)) {
    const sorted = (list: string): string => list.split(',').sort().join(',');
    same(what, sorted(bindings.translate(expected)), sorted(got));
  } else if (!isMessageInfo || index < base) same(what, bindings.translate(expected), got);
  else if (index === base + 1) compareSize(expected, got, ourSip);
  else if (index === base + 4 || (recorded[1] === 'sip' && recorded.length === 13 && index === 11)) {
    same(
      what,
      expected === '0' ? '0' : (bindings.translate(`127.0.0.1:${expected}`).split(':')[1] ?? ''),
      got,
    );
  } else if (index === base + 5) {
    if (!timeOfDay.test(got)) throw new MismatchError(`${what}: "${got}" is no time of day`);
  } else if (index === base + 6 && uuid.test(expected)) {
    if (!uuid.test(got)) throw new MismatchError(`${what}: "${got}" is no UUID`);
    bindings.bind('transaction id', expected, got);
  } else same(what, bindings.translate(expected), got);
}

/** Informational: nothing where nothing was on the wire, else about the size of the message shown. */
function compareSize(expected: string, got: string, ourSip: string): void {
  if (!/^\d+$/.test(got)) throw new MismatchError(`size is "${got}"`);
  if (expected === '0') same('size', '0', got);
  else if (Math.abs(Number(got) - Buffer.byteLength(ourSip, 'utf8')) > 400) {
    throw new MismatchError(`size ${got} for a message of ${Buffer.byteLength(ourSip, 'utf8')} bytes`);
  }
}
