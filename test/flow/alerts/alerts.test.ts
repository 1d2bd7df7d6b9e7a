/** Alerts over a real Postgres that is restarted, a real relay for mails and a real receiver of webhooks. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdirSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import PostalMime from 'postal-mime';
import type { Sequelize } from 'sequelize';
import { createMailChannel, type MailChannel } from '../../../server/channels/mail/mail-channel.ts';
import type { RawMailStore } from '../../../server/channels/mail/raw-mail.ts';
import { isSigned, signatureHeader } from '../../../server/channels/webhook/signature.ts';
import { type AlertsSide, createAlerts, noHistory } from '../../../server/compose/alerts.ts';
import { alertRuleSchema, alertWebhookSchema, type AlertWebhook } from '../../../server/contract/alerts.ts';
import { siteSchema } from '../../../server/contract/site.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { migrateUp } from '../../../server/db/migrate.ts';
import { createClock } from '../../../server/lib/clock.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { DeskStandIn } from '../../support/desk-stand-in.ts';
import { nobodyBlocked } from '../../support/nobody-blocked.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';
import { startSmtpSink, type SmtpSink } from '../../support/smtp-sink.ts';
import { StandInFigures } from '../../support/stand-in-figures.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const logger = createLogger('test', 'silent');
const secret = 'a-long-secret-of-the-hook';
const noStore: RawMailStore = {
  keep: () => Promise.reject(new Error('nothing is kept here')),
  unread: () => Promise.resolve([]),
  content: () => Promise.reject(new Error('nothing is kept here')),
  settle: () => Promise.resolve(),
  folderMark: () => Promise.resolve(undefined),
  markFolder: () => Promise.resolve(),
  counts: () => Promise.resolve({ unread: 0, quarantined: {} }),
};

async function bytesOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

describe('alerts with Postgres, a relay and a receiver', function () {
  this.timeout(60_000);
  let postgres: TestPostgres;
  let sequelize: Sequelize;
  let dir: string;
  let sink: SmtpSink;
  let mail: MailChannel;
  let receiver: Server;
  let url: string;
  /** Of the receiver's next answers; then 204. */
  const statuses: number[] = [];
  const posts: { body: AlertWebhook; isSigned: boolean }[] = [];
  const figures = new StandInFigures();
  const time = { offsetMs: 0 };
  const clock = { now: () => Date.now() + time.offsetMs };
  let side: AlertsSide;
  let site = siteSchema.parse({ site: { name: 'Bank' } });

  before(async () => {
    dir = makeTempDir();
    mkdirSync(join(dir, 'secrets'));
    writeFileSync(join(dir, 'secrets', 'alert-hook'), `${secret}\n`, { mode: 0o600 });
    [postgres, sink] = await Promise.all([startPostgres(), startSmtpSink()]);
    sequelize = connectDatabase({
      socketDir: postgres.dir,
      database: postgres.database,
      user: postgres.user,
      logger,
    });
    await migrateUp(sequelize, logger);
    receiver = createServer((request, response) => {
      void bytesOf(request).then((bytes) => {
        posts.push({
          body: alertWebhookSchema.parse(JSON.parse(bytes.toString('utf8'))),
          isSigned: isSigned(String(request.headers[signatureHeader]), secret, clock.now(), bytes),
        });
        response.writeHead(statuses.shift() ?? 204, { location: 'http://127.0.0.1:1/' }).end();
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/alerts`;
    mail = createMailChannel({
      desk: new DeskStandIn(),
      store: noStore,
      senders: nobodyBlocked,
      dataDir: dir,
      tokenKeys: [new Uint8Array(32)],
      clock: createClock(),
      logger,
    });
    await restart();
  });
  after(async () => {
    await side?.stop();
    await mail?.close();
    await sink?.close();
    receiver?.closeAllConnections();
    receiver?.close();
    await sequelize?.close();
    await postgres?.stop();
    removeTempDir(dir);
  });
  beforeEach(() => {
    posts.length = 0;
    sink.mails.length = 0;
    figures.values.clear();
  });

  /** Another process over the same database. */
  async function restart(): Promise<void> {
    side = createAlerts({
      sequelize,
      source: figures,
      history: noHistory,
      explain: async () => undefined,
      site: {
        get site() {
          return site;
        },
      },
      sendNotice: (notice, signal) => mail.sendNotice(notice, signal),
      dataDir: dir,
      clock,
      logger,
    });
    await side.alerts.load();
  }
  async function add(more: object): Promise<string> {
    const rule = alertRuleSchema.parse({
      name: 'Too many wait',
      figure: 'waiting',
      condition: { kind: 'above', value: 5 },
      forSec: 0,
      clearSec: 0,
      ...more,
    });
    const added = await side.alerts.addRule(rule, 'ada');
    if ('refused' in added) throw new Error(added.refused);
    return added.row.ruleId;
  }
  async function step(sec = 5): Promise<boolean> {
    time.offsetMs += sec * 1000;
    side.alerts.look();
    side.alerts.pass();
    return side.alerts.settled();
  }
  /** With the telling of its end. */
  async function remove(ruleId: string): Promise<void> {
    await side.alerts.removeRule(ruleId);
    await side.alerts.settled();
  }
  const rows = async () =>
    (
      await sequelize.query('select alert_id, ended_at, is_settled, notices from alerts order by began_at')
    )[0] as {
      alert_id: string;
      ended_at: Date | null;
      is_settled: boolean;
      notices: unknown;
    }[];

  it('keep one row over a restart, and stand on as the same alert', async () => {
    const ruleId = await add({});
    figures.set('waiting', 7);
    await step();
    const before = side.alerts.standing();
    side.alerts.acknowledge(Object.keys(before)[0]!, 'sue', undefined);
    await side.stop();
    await restart();
    await step();
    const [alertId] = Object.keys(side.alerts.standing());
    const [tile] = Object.values(side.alerts.standing());
    expect(Object.keys(before)).to.deep.equal([alertId]);
    expect(tile).to.include({ isAcknowledged: true });
    expect(await rows()).to.have.length(1);
    figures.set('waiting', 0);
    await step();
    const [row] = await rows();
    expect(row).to.include({ is_settled: true });
    expect(row!.ended_at).to.be.instanceOf(Date);
    await remove(ruleId);
    await sequelize.query('delete from alerts');
  });

  it('go on while Postgres is killed, and are all there afterwards, each once', async () => {
    const ruleId = await add({ to: { webhook: { url, secret: 'alert-hook' } } });
    await postgres.kill();
    for (const waiting of [7, 0, 8]) {
      figures.set('waiting', waiting);
      expect(await step()).to.equal(false);
    }
    expect(side.alerts.count().standing).to.equal(1);
    expect(posts.map(({ body }) => body.kind)).to.deep.equal(['alert.began', 'alert.ended', 'alert.began']);
    await postgres.restart();
    await until('everything is written', () => step());
    expect((await rows()).map(({ ended_at }) => ended_at === null)).to.deep.equal([false, true]);
    await side.stop();
    await restart();
    await step();
    expect(posts).to.have.length(3);
    expect(await rows()).to.have.length(2);
    await remove(ruleId);
    await sequelize.query('delete from alerts');
  });

  it('are posted signed, and again until they are taken, under one id and without a word about people', async () => {
    const ruleId = await add({ scope: 'channel:voice', to: { webhook: { url, secret: 'alert-hook' } } });
    figures.set('waiting', 7, 'channel:voice');
    statuses.push(503, 302);
    await step();
    await step(5);
    await step(15);
    await step(60);
    expect(posts.map((post) => post.isSigned)).to.deep.equal([true, true, true]);
    expect(new Set(posts.map(({ body }) => body.id)).size).to.equal(1);
    const [alert] = posts[0]!.body.alerts;
    expect(posts[0]!.body).to.include({ kind: 'alert.began', site: 'Bank' });
    expect(alert).to.include({ ruleId, name: 'Too many wait', scope: 'channel:voice', value: 7 });
    statuses.push(422);
    await side.alerts.removeRule(ruleId);
    await step();
    await step(600);
    expect(posts).to.have.length(4);
    const { items } = await side.alerts.list({ show: 'all', limit: 10 });
    expect(items[0]).to.deep.include({ ended: 'rule-deleted' });
    expect(items[0]!.webhook).to.deep.equal({ state: 'failed', fault: 'refused', detail: 'HTTP 422' });
    await sequelize.query('delete from alerts');
  });

  it('say which secret is missing, and where nobody listens', async () => {
    const missing = await add({ to: { webhook: { url, secret: 'alert-none' } } });
    const nobody = await add({
      name: 'N',
      to: { webhook: { url: 'http://127.0.0.1:1/', secret: 'alert-hook' } },
    });
    figures.set('waiting', 7);
    await step();
    const { items } = await side.alerts.list({ show: 'standing', limit: 10 });
    const told = Object.fromEntries(items.map(({ ruleId, webhook }) => [ruleId, webhook]));
    expect(told[missing]).to.deep.equal({
      state: 'waiting',
      fault: 'no-secret',
      detail: 'there is no file secrets/alert-none',
    });
    expect(told[nobody]).to.include({ state: 'waiting', fault: 'unreachable' });
    expect(posts).to.deep.equal([]);
    await remove(missing);
    await remove(nobody);
    await sequelize.query('delete from alerts');
  });

  it('go by mail from the first mailbox that sends, to all at once; without one the alert says so', async () => {
    const ruleId = await add({ to: { mail: ['floor@bank.example', 'it@bank.example'] } });
    figures.set('waiting', 7);
    await step();
    expect((await side.alerts.list({ show: 'standing', limit: 1 })).items[0]!.mail).to.deep.equal({
      state: 'waiting',
      fault: 'no-mailbox',
    });
    site = siteSchema.parse({
      site: { name: 'Bank', language: 'it' },
      queues: [{ id: 'main', name: 'Main' }],
      mail: {
        smarthost: { host: 'localhost', port: sink.port, tls: 'none' },
        mailboxes: [
          { id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' },
          { id: 'other', name: 'Other', address: 'other@bank.example', queue: 'main' },
        ],
      },
    });
    await mail.apply(site);
    await step(10);
    await until('the relay has the mail', () => sink.mails.length === 1);
    expect(sink.mails[0]).to.deep.include({
      from: 'help@bank.example',
      to: ['floor@bank.example', 'it@bank.example'],
    });
    expect(sink.mails[0]!.content)
      .to.match(/^Subject: =\?UTF-8\?Q\?=5BAvviso=5D_Too_many_wait/m)
      .and.match(/^Auto-Submitted: auto-generated/m);
    const read = await PostalMime.parse(sink.mails[0]!.content);
    expect(read.text?.trim().split('\n').slice(0, 4)).to.deep.equal([
      'Too many wait',
      'Avviso · Tutta la sede',
      'In attesa: 7 (soglia: oltre 5)',
      'Periodo: ora',
    ]);
    expect(read.text).to.include('nella pagina «Allarmi»');
    await side.alerts.settled();
    expect((await side.alerts.list({ show: 'standing', limit: 1 })).items[0]!.mail).to.deep.equal({
      state: 'sent',
    });
    await side.alerts.removeRule(ruleId);
    await step();
    await until('the relay has its end', () => sink.mails.length === 2);
  });
});
