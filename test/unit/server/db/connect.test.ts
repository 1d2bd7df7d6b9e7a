/**
 * A database that dies in the very moment in which it lets us in. A real one cannot be made to: its two messages must come in one
 * reading of the socket, so here a socket speaks the protocol's own bytes (PostgreSQL documentation, "Message Formats").
 */
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { connectDatabase } from '../../../../server/db/connect.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

function message(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const authenticated = message('R', Buffer.alloc(4));
const readyForQuery = message('Z', Buffer.from('I'));
const farewell = message(
  'E',
  Buffer.from('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to unexpected postmaster exit\0\0'),
);

describe('the way to the database', () => {
  let dir: string;
  let server: Server;
  let connections = 0;
  before(async () => {
    dir = makeTempDir();
    server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(Buffer.concat([authenticated, readyForQuery, farewell])));
    });
    await new Promise<void>((done) => void server.listen(join(dir, '.s.PGSQL.5432'), done));
  });
  after(async () => {
    await new Promise((done) => void server.close(done));
    removeTempDir(dir);
  });

  it('refuses a question, and no more, where Postgres dies as it lets us in', async () => {
    const sequelize = connectDatabase({
      socketDir: dir,
      database: 'hearthline',
      user: 'hearthline',
      logger: createLogger('test', 'silent'),
    });
    const outcome = await sequelize.query('SELECT 1').then(
      () => 'answered',
      (err: unknown) => String(err),
    );
    expect(outcome).to.match(/unexpected postmaster exit|not queryable|[Tt]erminated/);
    expect(connections).to.be.greaterThan(0);
    await sequelize.close();
  });
});
