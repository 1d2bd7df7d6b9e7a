/** The rules for files, and the virus scanner's protocol against a small clamd over TCP that speaks INSTREAM (clamd(8)). */
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import { createFileCheck, hasRefusedEnding } from '../../../../server/channels/file-check.ts';
import { fileRulesSchema } from '../../../../server/contract/site-text.ts';
import type { Site } from '../../../../server/contract/site.ts';
import { freePort } from '../../../support/free-port.ts';

/** Answers by what a file begins with: `virus`, `hang up`, `odd`; all else is clean. */
class Clamd {
  readonly scanned: Buffer[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  async listen(): Promise<number> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return (this.#server.address() as AddressInfo).port;
  }

  #serve(socket: Socket): void {
    let received = Buffer.alloc(0);
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      received = Buffer.concat([received, data]);
      const content = streamOf(received);
      if (!content) return;
      this.scanned.push(content);
      const text = content.subarray(0, 10).toString('latin1');
      if (text.startsWith('hang up')) socket.destroy();
      else if (text.startsWith('virus')) socket.end('stream: Eicar-Test-Signature FOUND\0');
      else if (text.startsWith('odd')) socket.end('INSTREAM size limit exceeded. ERROR\0');
      else socket.end('stream: OK\0');
    });
  }

  close(): void {
    this.#server.close();
  }
}

/** What was streamed, once its closing chunk is there. Throws where the client speaks anything else. */
function streamOf(received: Buffer): Buffer | undefined {
  const command = 'zINSTREAM\0';
  if (received.length < command.length) return undefined;
  if (received.subarray(0, command.length).toString('latin1') !== command) throw new Error('no INSTREAM');
  const chunks: Buffer[] = [];
  for (let at = command.length; at + 4 <= received.length;) {
    const length = received.readUInt32BE(at);
    if (length === 0) return Buffer.concat(chunks);
    if (at + 4 + length > received.length) return undefined;
    chunks.push(received.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return undefined;
}

describe('the check of files', () => {
  const siteWith = (files: object) => ({ files: fileRulesSchema.parse(files) }) as Site;
  const checkWith = (files: object) => createFileCheck(() => siteWith(files));
  const file = (text: string | Buffer, name = 'letter.pdf') => ({
    name,
    mime: 'application/pdf',
    content: Buffer.from(text),
  });

  it('refuses by size, then by ending', async () => {
    const rules = checkWith({ maxMegabytes: 1, refuse: ['exe'] });
    expect(await rules.check(file(Buffer.alloc(1_000_000)))).to.equal(undefined);
    expect(await rules.check(file(Buffer.alloc(1_000_001)))).to.equal('size');
    expect(await rules.check(file('x', 'setup.exe'))).to.equal('type');
    expect(await rules.check(file('x', 'setup.txt'))).to.equal(undefined);
  });

  it('has rules where the site names none', async () => {
    const rules = createFileCheck(() => ({}) as Site);
    expect(await rules.check(file('x', 'tool.ps1'))).to.equal('type');
    expect(await rules.check(file(Buffer.alloc(20_000_001)))).to.equal('size');
  });

  it('sees the ending that a system would go by', () => {
    for (const name of ['a.exe', 'A.EXE', 'bill.pdf.exe', 'a.exe.', 'a.exe . ', 'a. exe', '.exe'])
      expect(hasRefusedEnding(name, ['exe']), name).to.equal(true);
    for (const name of ['exe', 'a.exe.pdf', 'aexe', 'a.ex', 'a.exes', '', '...'])
      expect(hasRefusedEnding(name, ['exe']), name).to.equal(false);
  });

  describe('with a scanner', () => {
    let clamd: Clamd;
    let port: number;
    before(async () => {
      clamd = new Clamd();
      port = await clamd.listen();
    });
    after(() => clamd.close());
    const check = (content: string | Buffer) =>
      checkWith({ clamd: { host: '127.0.0.1', port } }).check(file(content));

    it('hands on what is clean, every byte of which was shown to it', async () => {
      const large = Buffer.alloc(200_001, 'a file of several chunks ');
      expect(await check(large)).to.equal(undefined);
      expect(clamd.scanned.at(-1)?.equals(large)).to.equal(true);
      expect(await check('')).to.equal(undefined);
    });
    it('refuses what it finds', async () => {
      expect(await check('virus')).to.equal('virus');
    });
    it('does not hand on what it said nothing of, or nothing that is understood', async () => {
      expect(await check('hang up')).to.equal('unchecked');
      expect(await check('odd')).to.equal('unchecked');
    });
    it('does not hand on what nobody could be asked about', async () => {
      const nobody = await freePort();
      const absent = checkWith({ clamd: { host: '127.0.0.1', port: nobody } });
      expect(await absent.check(file('clean'))).to.equal('unchecked');
      const noSocket = checkWith({ clamd: { socket: '/nowhere/clamd.sock' } });
      expect(await noSocket.check(file('clean'))).to.equal('unchecked');
    });
    it('is not asked about what the rules refuse', async () => {
      const before = clamd.scanned.length;
      await checkWith({ clamd: { host: '127.0.0.1', port } }).check(file('x', 'a.exe'));
      expect(clamd.scanned.length).to.equal(before);
    });
  });
});
