#!/usr/bin/env node
/**
 * A channel of a third party, whole: SMS of an imaginary gateway to Hearthline's signed webhooks and back (docs/channels.md).
 *
 *   gateway  --POST /sms {id, from, text}-->  this  --/hooks/ID/messages, /deliveries-->  Hearthline
 *   gateway  <------POST {id, to, text}-----  this  <--------POST /answers-------------  Hearthline
 *
 * Whatever it says yes to is in its queue file first, on the disk, and leaves the file when the other side has said yes: a kill
 * at any moment loses nothing. What is passed on twice after a lost answer bears the same id both times: Hearthline counts it
 * once, and the gateway is expected to. Each direction keeps its order.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import fs from 'node:fs';
import { createServer } from 'node:http';

const setting = (name, usual) => {
  const value = process.env[name] ?? usual;
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};
const hook = setting('HEARTHLINE_HOOK'); // https://contact.bank.example/hooks/sms
const secret = fs.readFileSync(setting('HEARTHLINE_SECRET_FILE'), 'utf8').replace(/[\r\n]+$/, '');
const gatewayUrl = setting('GATEWAY_URL');
const gatewayKey = setting('GATEWAY_KEY'); // both ways, as Authorization: Bearer
const queueFile = setting('QUEUE_FILE', 'sms-queue.jsonl');
const [bind, port] = [setting('BIND', '127.0.0.1'), Number(setting('PORT', '8090'))];

const boundMs = 10_000;
const maxBodyBytes = 20_000_000;
const remembered = 10_000;

/** Jobs `{kind, key, body}` in order. The file has a line a change: `{add?: job, done?: key}`. */
class Queue {
  jobs = new Map();
  /** Keys of jobs that are over: the same again is nothing new. */
  over = new Set();
  lines = 0;

  constructor(path) {
    this.path = path;
    for (const line of fs.existsSync(path) ? fs.readFileSync(path, 'utf8').split('\n') : [])
      try {
        this.apply(JSON.parse(line));
      } catch {
        // Cut off by a kill, and so never said yes to.
      }
    this.shorten();
  }

  apply({ add, done }) {
    if (add) this.jobs.set(add.key, add);
    if (done === undefined) return;
    this.jobs.delete(done);
    this.over.add(done);
    if (this.over.size > remembered) this.over.delete(this.over.values().next().value);
  }

  /** The file anew, with what still matters; the old one counts until the new one is whole. */
  shorten() {
    const changes = [...this.over].map((done) => ({ done }));
    for (const add of this.jobs.values()) changes.push({ add });
    const fd = fs.openSync(`${this.path}.new`, 'w', 0o600);
    this.write(changes, fd);
    fs.renameSync(`${this.path}.new`, this.path);
    if (this.fd !== undefined) fs.closeSync(this.fd);
    this.fd = fd;
    this.lines = 0;
  }

  /** A line end on both sides: a line that a full disk has cut off spoils no other. */
  write(changes, fd = this.fd) {
    fs.writeFileSync(fd, changes.map((change) => `\n${JSON.stringify(change)}\n`).join(''));
    fs.fsyncSync(fd);
  }

  note(change) {
    this.write([change]);
    this.apply(change);
    if (++this.lines >= remembered) this.shorten();
  }

  add(job) {
    if (!this.jobs.has(job.key) && !this.over.has(job.key)) this.note({ add: job });
    void drain(job.kind);
  }

  first(kind) {
    for (const job of this.jobs.values()) if (job.kind === kind) return job;
    return undefined;
  }
}

const digest = (sec, body) => createHmac('sha256', secret).update(`${sec}.`).update(body).digest();

function signed(body) {
  const sec = Math.floor(Date.now() / 1000);
  return { 'x-hearthline-signature': `t=${sec},v1=${digest(sec, body).toString('hex')}` };
}

function isSigned(header, body) {
  const [, sec, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (hex === undefined || Math.abs(Date.now() / 1000 - Number(sec)) > 300) return false;
  return timingSafeEqual(Buffer.from(hex, 'hex'), digest(sec, body));
}

/** The status; 0: no answer. */
async function post(url, body, headersOf) {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', ...headersOf(text) };
  const signal = AbortSignal.timeout(boundMs);
  return fetch(url, { method: 'POST', body: text, headers, redirect: 'manual', signal }).then(
    (answer) => answer.text().then(() => answer.status),
    () => 0,
  );
}

const destinations = {
  sms: (body) => post(`${hook}/messages`, body, signed),
  delivery: (body) => post(`${hook}/deliveries`, body, signed),
  answer: (body) => post(gatewayUrl, body, () => ({ authorization: `Bearer ${gatewayKey}` })),
};

/** Refused for good. 401 and 403 are not: a secret may be put right, a connector switched on again. */
const isNever = (status) => status >= 400 && status < 500 && ![401, 403, 404, 408, 425, 429].includes(status);

/** What follows from the outcome; a line of the file with it, so that a kill has both or neither. */
function finish({ kind, key, body }, status) {
  const isTaken = status >= 200 && status < 300;
  if (!isTaken)
    fs.appendFileSync(`${queueFile}.refused`, `${JSON.stringify({ status, kind, body })}\n`, { mode: 0o600 });
  if (kind !== 'answer') return queue.note({ done: key });
  const news = isTaken ? { state: 'delivered' } : { state: 'failed', fault: `the gateway answers ${status}` };
  queue.note({
    done: key,
    add: { kind: 'delivery', key: `delivery:${body.id}`, body: { id: body.id, ...news } },
  });
  return void drain('delivery');
}

const draining = new Set();
async function drain(kind) {
  if (draining.has(kind)) return;
  draining.add(kind);
  let tries = 0;
  for (let job = queue.first(kind); job; job = queue.first(kind)) {
    const status = await destinations[kind](job.body);
    const isTaken = status >= 200 && status < 300;
    // 404: Hearthline has not written down what we called the answer, or never will.
    if (isTaken || isNever(status) || (kind === 'delivery' && status === 404 && tries >= 8)) {
      finish(job, status);
      tries = 0;
    } else await new Promise((again) => setTimeout(again, Math.min(60_000, 250 * 2 ** tries++)));
  }
  draining.delete(kind);
}

const isText = (value, max) => typeof value === 'string' && value !== '' && value.length <= max;

function takeSms({ id, from, text }) {
  if (!isText(id, 190) || !isText(from, 200) || !isText(text, 20_000)) return { status: 400 };
  queue.add({ kind: 'sms', key: `sms:${id}`, body: { id, from: { address: from }, text, at: Date.now() } });
  return { status: 200 };
}

/** An SMS carries no files: they are named, so that the customer may ask for them otherwise. */
function takeAnswer({ messageId, to, text, files }) {
  const whole = [text, ...files.map(({ name }) => `[${name}]`)].filter(Boolean).join('\n');
  const body = { id: messageId, to: to.address, text: whole };
  queue.add({ kind: 'answer', key: `answer:${messageId}`, body });
  return { status: 200, json: { id: messageId } };
}

async function answer(req) {
  const route = `${req.method} ${req.url}`;
  if (route === 'GET /healthz') return { status: 200, json: { waiting: queue.jobs.size } };
  const parts = [];
  let size = 0;
  for await (const part of req) if ((size += part.length) <= maxBodyBytes) parts.push(part);
  if (size > maxBodyBytes) return { status: 413 };
  const body = Buffer.concat(parts);
  const isGateway = digest(0, req.headers.authorization ?? '').equals(digest(0, `Bearer ${gatewayKey}`));
  if (route === 'POST /sms') return isGateway ? takeSms(JSON.parse(body)) : { status: 401 };
  if (route !== 'POST /answers') return { status: 404 };
  const isOurs = isSigned(req.headers['x-hearthline-signature'], body);
  return isOurs ? takeAnswer(JSON.parse(body)) : { status: 401 };
}

const queue = new Queue(queueFile);
for (const kind of Object.keys(destinations)) void drain(kind);
createServer((req, res) => {
  const end = ({ status, json = {} }) => res.writeHead(status).end(JSON.stringify(json));
  // What has a code is the disk's or the network's; the rest is a body that makes no sense.
  answer(req).then(end, (error) => end({ status: error.code === undefined ? 400 : 503 }));
}).listen(port, bind);
