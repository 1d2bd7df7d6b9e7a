/**
 * A real, private Dovecot for one test file: IMAP with IDLE on loopback, in clear with STARTTLS and with TLS, users and
 * mailboxes in a temporary directory. Connections go through a small gate of ours, which counts them and can cut them.
 */
import {
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
  chownSync,
  chmodSync,
} from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { freePort } from './free-port.ts';
import { isRoot, serviceUser } from '../../installer/privilege.ts';
import { startService } from './service.ts';
import { makeTempDir, removeTempDir } from './temp-dir.ts';
import { makeTestCertificate } from './test-certificate.ts';
import { until } from './until.ts';

const program = '/usr/sbin/dovecot';

export const hasDovecot = (): boolean => existsSync(program);

export interface TestDovecot {
  /** Clear text; STARTTLS is offered where `starttls` was asked for. */
  readonly port: number;
  readonly tlsPort: number;
  /** PEM, of the authority that its certificate is from. */
  readonly authority: Buffer;
  readonly user: string;
  readonly password: string;
  /** Connections that were made so far. */
  connections(): number;
  dropConnections(): void;
  /** Puts a mail into the INBOX, as a delivery agent does. `flags`: maildir letters, S for seen. */
  deliver(content: string | Uint8Array, flags?: string): void;
  /** Mails in the INBOX; `seen` those with the flag. */
  count(): { all: number; seen: number };
  /** Its UIDs begin anew: another UIDVALIDITY. Only while nobody is connected. */
  forgetUids(): void;
  output(): string;
  stop(): Promise<void>;
}

interface Places {
  temp: string;
  port: number;
  tlsPort: number;
  uid: number;
  gid: number;
  names: { internal: string; login: string; group: string };
}

function configuration({ temp, port, tlsPort, uid, gid, names }: Places, starttls: boolean): string {
  const internal = isRoot() ? `default_internal_group = ${names.group}\n` : '';
  return `
protocols = imap
listen = 127.0.0.1
base_dir = ${temp}/run
state_dir = ${temp}/state
log_path = /dev/stderr
default_internal_user = ${names.internal}
default_login_user = ${names.login}
${internal}first_valid_uid = 1
first_valid_gid = 1
mail_max_userip_connections = 50
auth_failure_delay = 0
ssl = ${starttls ? 'yes' : 'no'}
ssl_cert = <${temp}/test.crt
ssl_key = <${temp}/test.key
disable_plaintext_auth = no
mail_location = maildir:${temp}/mail/%u
maildir_very_dirty_syncs = no
passdb {
  driver = passwd-file
  args = scheme=plain ${temp}/users
}
userdb {
  driver = static
  args = uid=${uid} gid=${gid} home=${temp}/mail/%u
}
service anvil {
  chroot =
}
service imap-login {
  chroot =
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = ${starttls ? tlsPort : 0}
    ssl = yes
  }
}
`;
}

/** Counts and cuts. */
async function startGate(target: number) {
  const sockets = new Set<Socket>();
  let count = 0;
  const server = createServer((socket) => {
    count += 1;
    const other = connect(target, '127.0.0.1');
    for (const [one, peer] of [
      [socket, other],
      [other, socket],
    ] as const) {
      sockets.add(one);
      one.on('error', () => peer.destroy());
      one.on('close', () => {
        sockets.delete(one);
        peer.destroy();
      });
    }
    socket.pipe(other).pipe(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const drop = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    count: () => count,
    drop,
    close: () =>
      new Promise<void>((done) => {
        server.close(() => done());
        drop();
      }),
  };
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const socket = connect(port, '127.0.0.1');
    // Its greeting, and not only its socket.
    socket.once('data', () => done(true)).once('error', () => done(false));
    socket.once('data', () => socket.destroy());
  });

/** `starttls: false`: no TLS at all. Check hasDovecot first. */
export async function startDovecot({ starttls = true } = {}): Promise<TestDovecot> {
  const temp = makeTempDir();
  const { certificate } = makeTestCertificate(temp);
  chmodSync(join(temp, 'test.key'), 0o600);
  const mailUser = serviceUser([]);
  const [uid, gid] = [mailUser?.uid ?? process.getuid?.() ?? 0, mailUser?.gid ?? process.getgid?.() ?? 0];
  const own = process.env['USER'] ?? 'nobody';
  const names = isRoot()
    ? { internal: 'dovecot', login: 'dovenull', group: 'dovecot' }
    : { internal: own, login: own, group: own };
  const [port, tlsPort] = [await freePort(), await freePort()];
  const [user, password] = ['help', 'right-password'];
  writeFileSync(join(temp, 'users'), `${user}:${password}\n`, { mode: 0o644 });
  writeFileSync(
    join(temp, 'dovecot.conf'),
    configuration({ temp, port, tlsPort, uid, gid, names }, starttls),
  );
  const root = join(temp, 'mail', user);
  for (const dir of [join(temp, 'mail'), root, ...['new', 'cur', 'tmp'].map((name) => join(root, name))]) {
    mkdirSync(dir, { recursive: true });
    chownSync(dir, uid, gid);
  }
  const service = startService(
    {
      command: program,
      args: ['-F', '-c', join(temp, 'dovecot.conf')],
      env: { PATH: process.env['PATH'] ?? '' },
    },
    undefined,
    temp,
  );
  await until('Dovecot answers', () => isListening(port)).catch((error: unknown) => {
    throw new Error(`Dovecot does not start: ${service.output()}`, { cause: error });
  });
  const gate = await startGate(port);
  const tlsGate = await startGate(tlsPort);
  let delivered = 0;
  return {
    port: gate.port,
    tlsPort: tlsGate.port,
    authority: certificate,
    user,
    password,
    connections: () => gate.count() + tlsGate.count(),
    dropConnections() {
      gate.drop();
      tlsGate.drop();
    },
    deliver(content, flags) {
      delivered += 1;
      const name = `${1_700_000_000 + delivered}.M${delivered}.test`;
      const file = join(root, 'tmp', name);
      writeFileSync(file, content);
      chownSync(file, uid, gid);
      renameSync(
        file,
        flags === undefined ? join(root, 'new', name) : join(root, 'cur', `${name}:2,${flags}`),
      );
    },
    count() {
      const names = [...readdirSync(join(root, 'new')), ...readdirSync(join(root, 'cur'))];
      return { all: names.length, seen: names.filter((name) => /:2,[A-Z]*S/.test(name)).length };
    },
    forgetUids() {
      for (const name of readdirSync(root))
        if (/^dovecot(?:-uidlist$|\.index)/.test(name)) rmSync(join(root, name));
    },
    output: () => service.output(),
    async stop() {
      await Promise.all([gate.close(), tlsGate.close()]);
      await service.end('SIGTERM');
      removeTempDir(temp);
    },
  };
}
