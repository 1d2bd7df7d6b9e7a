// A phone for tests: writes requests and answers by hand, one field at a time, and keeps the state of one
// dialog so that the next request in it is right. It retransmits nothing and answers nothing by itself.

import { randomUUID } from 'node:crypto';
import { SipEndpoint } from '../../support/transcripts/sip-endpoint.ts';
import {
  headerOf,
  parseNameAddr,
  tagOf,
  valuesOf,
  type SipText,
} from '../../support/transcripts/sip-text.ts';

export const offer = (port = 40_000, direction = 'sendrecv'): string =>
  [
    'v=0',
    'o=ua 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    `m=audio ${port} RTP/AVP 0 101`,
    'a=rtpmap:0 PCMU/8000',
    'a=rtpmap:101 telephone-event/8000',
    `a=${direction}`,
    '',
  ].join('\r\n');

export type CallState = {
  readonly callId: string;
  readonly localTag: string;
  remoteTag: string;
  readonly localUri: string;
  remoteUri: string;
  target: string;
  cseq: number;
  branch: string;
};

type Extra = { readonly headers?: readonly string[]; readonly body?: string; readonly contentType?: string };

type AnswerExtra = Extra & { readonly tag?: string; readonly contact?: boolean };

export const newBranch = (): string => `z9hG4bK${randomUUID().slice(0, 18)}`;

export class Phone {
  readonly endpoint: SipEndpoint;
  readonly name: string;
  readonly enginePort: number;

  private constructor(endpoint: SipEndpoint, name: string, enginePort: number) {
    this.endpoint = endpoint;
    this.name = name;
    this.enginePort = enginePort;
  }

  static async open(name: string, enginePort: number): Promise<Phone> {
    return new Phone(await SipEndpoint.open(enginePort), name, enginePort);
  }

  get uri(): string {
    return `sip:${this.name}@${this.endpoint.address}`;
  }

  close(): void {
    this.endpoint.close();
  }

  /** A new call's state; nothing is sent. */
  callTo(user: string): CallState {
    return {
      callId: `${this.name}-${randomUUID()}`,
      localTag: `t${randomUUID().slice(0, 8)}`,
      remoteTag: '',
      localUri: this.uri,
      remoteUri: `sip:${user}@127.0.0.1:${this.enginePort}`,
      target: `sip:${user}@127.0.0.1:${this.enginePort}`,
      cseq: 0,
      branch: '',
    };
  }

  /** Sends a request of the call. ACK and CANCEL keep the number of the last, CANCEL its branch too. */
  send(call: CallState, method: string, extra: Extra = {}): void {
    this.endpoint.send(this.write(call, method, extra));
  }

  write(call: CallState, method: string, extra: Extra = {}): string {
    if (method !== 'ACK' && method !== 'CANCEL') call.cseq += 1;
    if (method !== 'CANCEL') call.branch = newBranch();
    const toTag = call.remoteTag === '' || method === 'CANCEL' ? '' : `;tag=${call.remoteTag}`;
    return this.#text(`${method} ${call.target} SIP/2.0`, {
      ...extra,
      headers: [
        `Via: SIP/2.0/UDP ${this.endpoint.address};rport;branch=${call.branch}`,
        'Max-Forwards: 70',
        `From: <${call.localUri}>;tag=${call.localTag}`,
        `To: <${call.remoteUri}>${toTag}`,
        `Call-ID: ${call.callId}`,
        `CSeq: ${call.cseq} ${method}`,
        `Contact: <${this.uri}>`,
        ...(extra.headers ?? []),
      ],
    });
  }

  /** The ACK that belongs to a final answer which is no success: same branch, the answer's To. */
  ackRefusal(call: CallState, answer: SipText): void {
    this.endpoint.send(
      this.#text(`ACK ${call.target} SIP/2.0`, {
        headers: [
          `Via: SIP/2.0/UDP ${this.endpoint.address};rport;branch=${call.branch}`,
          'Max-Forwards: 70',
          `From: ${headerOf(answer, 'from')}`,
          `To: ${headerOf(answer, 'to')}`,
          `Call-ID: ${call.callId}`,
          `CSeq: ${call.cseq} ACK`,
        ],
      }),
    );
  }

  /** Calls and takes the call through to an answered, acknowledged one. */
  async establish(user: string, withinMs = 3000): Promise<CallState> {
    const call = this.callTo(user);
    this.send(call, 'INVITE', { body: offer() });
    await this.established(call, withinMs);
    return call;
  }

  async established(call: CallState, withinMs = 3000): Promise<SipText> {
    const answer = await this.endpoint.next('SIP/2.0 200', withinMs);
    call.remoteTag = tagOf(answer, 'to');
    call.target = parseNameAddr(headerOf(answer, 'contact')).uri;
    this.send(call, 'ACK');
    return answer;
  }

  /** Answers a request; gives the state of the dialog this makes for an INVITE or SUBSCRIBE. */
  answer(request: SipText, status: string, extra: AnswerExtra = {}): CallState {
    this.endpoint.send(this.writeAnswer(request, status, extra));
    const localTag = this.#ownTag(request, extra.tag);
    return {
      callId: headerOf(request, 'call-id'),
      localTag,
      remoteTag: tagOf(request, 'from'),
      localUri: parseNameAddr(headerOf(request, 'to')).uri,
      remoteUri: parseNameAddr(headerOf(request, 'from')).uri,
      target: parseNameAddr(headerOf(request, 'contact')).uri,
      cseq: 0,
      branch: '',
    };
  }

  writeAnswer(request: SipText, status: string, extra: AnswerExtra = {}): string {
    const localTag = this.#ownTag(request, extra.tag);
    const to = tagOf(request, 'to') === '' && status !== '100 Trying' ? `;tag=${localTag}` : '';
    return this.#text(`SIP/2.0 ${status}`, {
      ...extra,
      headers: [
        ...valuesOf(request, 'via').map((via) => `Via: ${via}`),
        `From: ${headerOf(request, 'from')}`,
        `To: ${headerOf(request, 'to')}${to}`,
        `Call-ID: ${headerOf(request, 'call-id')}`,
        `CSeq: ${headerOf(request, 'cseq')}`,
        ...(extra.contact === false ? [] : [`Contact: <${this.uri}>`]),
        ...valuesOf(request, 'record-route').map((route) => `Record-Route: ${route}`),
        ...(extra.headers ?? []),
      ],
    });
  }

  #ownTag(request: SipText, tag?: string): string {
    return tagOf(request, 'to') || (tag ?? `u${this.name}`);
  }

  #text(startLine: string, { headers = [], body = '', contentType = 'application/sdp' }: Extra): string {
    const type = body === '' ? [] : [`Content-Type: ${contentType}`];
    const length = `Content-Length: ${Buffer.byteLength(body, 'utf8')}`;
    return [startLine, ...headers, ...type, length, '', body].join('\r\n');
  }
}
