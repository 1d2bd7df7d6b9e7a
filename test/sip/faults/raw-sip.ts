/** One request by hand over UDP and what comes back: to ask whether the house still answers, and to send what is broken. */
import { createSocket } from 'node:dgram';
import { randomUUID } from 'node:crypto';
import { queuedMs } from '../../support/process-cost.ts';

/** The first final answer's status; undefined when none came in time. */
export function askOnce(
  sipPort: number,
  message: Buffer | string,
  boundMs: number,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    const end = (status?: number) => {
      clearTimeout(timer);
      socket.close();
      resolve(status);
    };
    const timer = setTimeout(end, boundMs);
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const status = Number(/^SIP\/2\.0 (\d{3})/.exec(data.toString('latin1'))?.[1]);
      if (status >= 200) end(status);
    });
    socket.bind(0, '127.0.0.1', () => {
      const text =
        typeof message === 'string' ? message.replaceAll('@PORT@', String(socket.address().port)) : message;
      socket.send(text, sipPort, '127.0.0.1');
    });
  });
}

/** A request of ours, right in every way; `@PORT@` becomes the port it is sent from. */
export function plainRequest(method: string, uri: string, headers: string[] = [], body = ''): string {
  return [
    `${method} ${uri} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:@PORT@;branch=z9hG4bK${randomUUID()};rport`,
    'Max-Forwards: 70',
    `From: <sip:tester@127.0.0.1>;tag=${randomUUID().slice(0, 8)}`,
    `To: <${uri}>`,
    `Call-ID: ${randomUUID()}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:tester@127.0.0.1:@PORT@>',
    ...headers,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

export const askOptions = async (sipPort: number, boundMs: number): Promise<boolean> =>
  (await askOnce(sipPort, plainRequest('OPTIONS', `sip:127.0.0.1:${sipPort}`), boundMs)) === 200;

/** The same, but what the engine and we ourselves waited for a processor is no time of its own. */
export async function answersWithin(
  sipPort: number,
  boundMs: number,
  enginePid: number | undefined,
): Promise<boolean> {
  const waitedMs = () => queuedMs([enginePid, process.pid]);
  const [startedAt, waitedBefore] = [performance.now(), waitedMs()];
  const isAnswered = await askOptions(sipPort, 10 * boundMs);
  return isAnswered && performance.now() - startedAt - (waitedMs() - waitedBefore) < boundMs;
}

/** An INVITE with an offer, as a trunk sends it. */
export function callTo(sipPort: number, number: string): string {
  const offer = [
    'v=0',
    'o=tester 1 1 IN IP4 127.0.0.1',
    's=-',
    'c=IN IP4 127.0.0.1',
    't=0 0',
    'm=audio 50000 RTP/AVP 0',
    '',
  ].join('\r\n');
  const uri = `sip:${number}@127.0.0.1:${sipPort}`;
  return plainRequest('INVITE', uri, ['Content-Type: application/sdp'], offer);
}
