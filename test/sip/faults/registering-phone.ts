/** REGISTER by hand with digest (RFC 3261 §22, RFC 7616), one socket each: for what a well-behaved phone never sends. */
import { createHash, randomUUID } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';

export interface RegisterAnswer {
  status: number;
  text: string;
  /** Names of the headers, in order: what two refusals may differ in tells them apart. */
  headers: string[];
}

const answerMs = 5000;
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

export class RegisteringPhone {
  private readonly socket: Socket;
  private readonly sipPort: number;
  private readonly user: string;
  private readonly password: string;
  private readonly callId = randomUUID();
  private cseq = 0;

  private constructor(socket: Socket, sipPort: number, user: string, password: string) {
    this.socket = socket;
    this.sipPort = sipPort;
    this.user = user;
    this.password = password;
  }

  static async open(sipPort: number, user: string, password: string): Promise<RegisteringPhone> {
    const socket = createSocket('udp4');
    await new Promise<void>((bound) => socket.bind(0, '127.0.0.1', bound));
    return new RegisteringPhone(socket, sipPort, user, password);
  }

  register(expiresSec: number): Promise<RegisterAnswer> {
    const { port } = this.socket.address();
    return this.signedIn([`Contact: <sip:${this.user}@127.0.0.1:${port}>`, `Expires: ${expiresSec}`]);
  }

  unregisterAll(expiresSec: number): Promise<RegisterAnswer> {
    return this.signedIn(['Contact: *', `Expires: ${expiresSec}`]);
  }

  /** Which contacts are there? Changes nothing. */
  query(): Promise<RegisterAnswer> {
    return this.signedIn([]);
  }

  close(): void {
    this.socket.close();
  }

  private async signedIn(headers: string[]): Promise<RegisterAnswer> {
    const challenge = await this.send(headers);
    if (challenge.status !== 401) return challenge;
    return this.send([...headers, this.authorization(challenge.text)]);
  }

  private authorization(challenge: string): string {
    const realm = /realm="([^"]+)"/.exec(challenge)![1]!;
    const nonce = /nonce="([^"]+)"/.exec(challenge)![1]!;
    const uri = `sip:127.0.0.1:${this.sipPort}`;
    const ha1 = md5(`${this.user}:${realm}:${this.password}`);
    const response = md5(`${ha1}:${nonce}:00000001:c0ffee:auth:${md5(`REGISTER:${uri}`)}`);
    const fields = `username="${this.user}", realm="${realm}", nonce="${nonce}", uri="${uri}"`;
    return `Authorization: Digest ${fields}, response="${response}", algorithm=MD5, qop=auth, nc=00000001, cnonce="c0ffee"`;
  }

  private send(headers: string[]): Promise<RegisterAnswer> {
    const { port } = this.socket.address();
    const address = `sip:${this.user}@127.0.0.1:${this.sipPort}`;
    this.cseq += 1;
    const cseq = this.cseq;
    const lines = [
      `REGISTER sip:127.0.0.1:${this.sipPort} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${port};branch=z9hG4bK${randomUUID()};rport`,
      'Max-Forwards: 70',
      `From: <${address}>;tag=r${cseq}`,
      `To: <${address}>`,
      `Call-ID: ${this.callId}`,
      `CSeq: ${cseq} REGISTER`,
      ...headers,
      'Content-Length: 0',
      '',
      '',
    ];
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('REGISTER is not answered')), answerMs);
      const take = (data: Buffer) => {
        const text = data.toString('utf8');
        const status = Number(/^SIP\/2\.0 (\d{3})/.exec(text)?.[1]);
        if (!(status >= 200) || !text.includes(`CSeq: ${cseq} REGISTER`)) return;
        clearTimeout(timer);
        this.socket.off('message', take);
        const names = text.split('\r\n').slice(1);
        resolve({ status, text, headers: names.flatMap((line) => /^([\w-]+):/.exec(line)?.[1] ?? []) });
      };
      this.socket.on('message', take);
      this.socket.send(lines.join('\r\n'), this.sipPort, '127.0.0.1');
    });
  }
}
