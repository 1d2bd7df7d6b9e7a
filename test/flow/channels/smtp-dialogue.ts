/** SMTP by hand, byte for byte, for what no decent client would send. */
import { connect, type Socket } from 'node:net';
import { until } from '../../support/until.ts';

export class SmtpDialogue {
  readonly socket: Socket;
  isClosed = false;
  private text = '';
  private read = 0;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      this.text += chunk;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => undefined);
  }

  /** Reads the greeting. */
  static async open(
    port: number,
    localAddress = '127.0.0.1',
  ): Promise<{ smtp: SmtpDialogue; greeting: string }> {
    const smtp = new SmtpDialogue(connect({ port, host: '127.0.0.1', localAddress }));
    return { smtp, greeting: await smtp.reply() };
  }

  /** The next whole reply, without its last line end. */
  async reply(): Promise<string> {
    const next = (): RegExpExecArray | null =>
      /^(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\r\n/.exec(this.text.slice(this.read));
    await until('a reply of the server', () => next() !== null || this.isClosed);
    const found = next();
    if (!found) throw new Error('the server closed without a reply');
    this.read += found[0].length;
    return found[0].trimEnd();
  }

  write(bytes: string): void {
    this.socket.write(bytes, 'latin1');
  }

  async say(line: string): Promise<string> {
    this.write(`${line}\r\n`);
    return this.reply();
  }

  /** What came and was not read as a reply. */
  rest(): string {
    return this.text.slice(this.read);
  }

  /** Up to the 354. */
  async envelope(to: readonly string[], from = 'anna@customer.example'): Promise<void> {
    await this.say('EHLO relay.bank.example');
    await this.say(`MAIL FROM:<${from}>`);
    for (const address of to) await this.say(`RCPT TO:<${address}>`);
    const reply = await this.say('DATA');
    if (!reply.startsWith('354')) throw new Error(reply);
  }

  async end(): Promise<void> {
    this.socket.destroy();
    await until('the connection is closed', () => this.isClosed);
  }
}
