/**
 * `systemctl` for a root where systemd cannot run: a small program below the root, which asks the unit runner outside over a Unix
 * socket. It knows what the installer and the `hearthline` command use, and refuses the rest.
 */
import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import type { UnitRunner } from '../../support/unit-runner.ts';

/** Perl is in every Debian root; what is below /opt comes and goes. */
const program = `#!/usr/bin/perl
use strict; use IO::Socket::UNIX;
my $socket = IO::Socket::UNIX->new(Peer => '/run/systemctl.sock') or do { print STDERR "no systemd here\\n"; exit 1 };
print $socket join("\\t", @ARGV), "\\n";
my $code = 1;
while (my $line = <$socket>) { if ($line =~ /^exit (\\d+)$/) { $code = $1 } else { print $line } }
exit $code;
`;

type Answer = { code: number; text: string };
const done: Answer = { code: 0, text: '' };

export class Systemctl {
  private readonly root: string;
  private runner: UnitRunner;
  private server: Server | undefined;

  constructor(root: string, runner: UnitRunner) {
    this.root = root;
    this.runner = runner;
  }

  async open(): Promise<void> {
    mkdirSync(join(this.root, 'run/systemd/system'), { recursive: true });
    const file = join(this.root, 'usr/bin/systemctl');
    writeFileSync(file, program);
    chmodSync(file, 0o755);
    const path = join(this.root, 'run/systemctl.sock');
    rmSync(path, { force: true });
    this.server = createServer((socket) => this.serve(socket));
    await new Promise<void>((ready) => this.server!.listen(path, ready));
  }

  /** After a power cut: what ran before is gone, and so is who ran it. */
  use(runner: UnitRunner): void {
    this.runner = runner;
  }

  close(): void {
    this.server?.close();
  }

  private serve(socket: Socket): void {
    let text = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (part: string) => {
      text += part;
      if (!text.endsWith('\n')) return;
      this.answer(text.trimEnd().split('\t'))
        .catch((error: Error) => ({ code: 1, text: error.message }))
        .then((answer) => socket.end(`${answer.text}${answer.text === '' ? '' : '\n'}exit ${answer.code}\n`))
        .catch(() => undefined);
    });
  }

  private async answer(args: string[]): Promise<Answer> {
    const [verb, ...names] = args.filter((arg) => !arg.startsWith('-'));
    switch (verb) {
      case 'daemon-reload':
      case 'disable':
        return done;
      case 'enable':
        return this.enable(names);
      case 'start':
        for (const name of names) await this.runner.start(name);
        return done;
      case 'stop':
        for (const name of names) await this.runner.stop(name);
        return done;
      case 'restart':
        for (const name of names) if (name.startsWith('hearthline')) await this.runner.restart(name);
        return done;
      case 'is-active':
        return this.runner.state(names[0]!) === 'active' ? done : { code: 3, text: '' };
      default:
        return { code: 1, text: `systemctl ${args.join(' ')} is not known here` };
    }
  }

  private enable(names: string[]): Answer {
    const dir = join(this.root, 'etc/systemd/system/multi-user.target.wants');
    mkdirSync(dir, { recursive: true });
    for (const name of names.filter((one) => one.endsWith('.target'))) {
      rmSync(join(dir, name), { force: true });
      symlinkSync(`/etc/systemd/system/${name}`, join(dir, name));
    }
    return done;
  }
}
