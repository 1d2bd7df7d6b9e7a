/**
 * Stands between the control socket and the workers: knows which worker has which session, keeps the order of
 * requests, gathers answers that need all workers, moves a session when two that are to be joined live apart.
 * It may not touch RTP. Race it stops: while a session moves, every later request waits, so none of them can meet
 * the session between its two homes.
 */
import {
  isSafeRecordingName,
  type MediaErrorCode,
  type MediaEvent,
  type MediaRequest,
  type ReservedPort,
  type SessionClosedReason,
} from '../protocol.ts';
import type { ControlClient } from './control-server.ts';
import type { DiskToMain, FromWorker, SessionState, ToWorker, WorkerAnswer } from './thread-messages.ts';

export interface WorkerLink {
  post(batch: ToWorker[]): void;
}

type Body = Record<string, unknown>;

export interface SwitchboardEvents {
  onEvent(event: MediaEvent): void;
  helloFacts(): Body;
}

export class Switchboard {
  private readonly workers: WorkerLink[];
  private readonly events: SwitchboardEvents;
  private readonly homes = new Map<string, number>();
  private readonly load: number[];
  private readonly recordingHomes = new Map<string, number>();
  /** Recordings whose file is not yet known to be open: who waits for it. */
  private readonly opening = new Map<string, (body: Body) => void>();
  private readonly reserved = new Map<number, { worker: number; client: ControlClient }>();
  private readonly pending = new Map<number, (body: Body) => void>();
  private readonly outboxes: ToWorker[][];
  private isPostScheduled = false;
  private nextKey = 1;
  private isMoving = false;
  private readonly waiting: (() => void)[] = [];

  constructor(workers: WorkerLink[], events: SwitchboardEvents) {
    this.workers = workers;
    this.events = events;
    this.load = workers.map(() => 0);
    this.outboxes = workers.map(() => []);
  }

  get sessionCount(): number {
    return this.homes.size;
  }

  // --- towards the workers --------------------------------------------------------------------------------------

  private ask(worker: number, message: (key: number) => ToWorker): Promise<Body> {
    return new Promise((resolve) => this.post(worker, message, resolve));
  }

  private post(worker: number, message: (key: number) => ToWorker, done: (body: Body) => void): void {
    const key = this.nextKey++;
    this.pending.set(key, done);
    this.tell(worker, message(key));
  }

  private tell(worker: number, message: ToWorker): void {
    (this.outboxes[worker] as ToWorker[]).push(message);
    if (this.isPostScheduled) return;
    this.isPostScheduled = true;
    // After everything that one read of the socket brought: one post a worker.
    queueMicrotask(() => {
      this.isPostScheduled = false;
      this.outboxes.forEach((outbox, index) => {
        if (outbox.length === 0) return;
        this.outboxes[index] = [];
        this.workers[index]?.post(outbox);
      });
    });
  }

  onWorkerMessage(message: FromWorker): void {
    for (const { key, body } of message.answers as WorkerAnswer[]) {
      const done = this.pending.get(key);
      this.pending.delete(key);
      done?.(body);
    }
    for (const event of message.events) {
      if (event.event === 'session-closed') this.forget(event.sessionId);
      this.events.onEvent(event);
    }
  }

  onDiskMessage(message: DiskToMain): void {
    if (message.t === 'opened' || message.t === 'failed') {
      const answer = this.opening.get(message.recordingId);
      this.opening.delete(message.recordingId);
      if (message.t === 'opened') {
        answer?.({ ok: true });
        return;
      }
      this.dropRecording(message.recordingId);
      const { recordingId, error } = message;
      // A start that failed is told by its answer; only a recording that had begun fails by event.
      if (answer) answer({ ok: false, code: 'recording-failed', message: error });
      else this.events.onEvent({ event: 'recording-failed', recordingId, error });
    } else if (message.t === 'finished') {
      this.recordingHomes.delete(message.event.recordingId);
      this.events.onEvent(message.event);
    }
  }

  private dropRecording(recordingId: string): void {
    const worker = this.recordingHomes.get(recordingId);
    this.recordingHomes.delete(recordingId);
    if (worker !== undefined) this.tell(worker, { t: 'record-drop', recordingId });
  }

  private forget(sessionId: string): void {
    const worker = this.homes.get(sessionId);
    if (worker === undefined) return;
    this.homes.delete(sessionId);
    this.load[worker] = (this.load[worker] as number) - 1;
  }

  // --- from the clients -----------------------------------------------------------------------------------------

  onRequest(client: ControlClient, id: number, request: MediaRequest): void {
    if (this.isMoving) {
      this.waiting.push(() => this.onRequest(client, id, request));
      return;
    }
    const reply = (body: Body): void =>
      client.send(
        body['ok'] === true
          ? { id, ...body, ok: true }
          : { id, ok: false, code: body['code'] as MediaErrorCode, message: String(body['message']) },
      );
    this.route(client, request, reply);
  }

  private refuse(reply: (body: Body) => void, code: MediaErrorCode, message: string): void {
    reply({ ok: false, code, message });
  }

  /** What it had reserved and not used goes back. */
  onClientGone(client: ControlClient): void {
    const ports: number[][] = this.workers.map(() => []);
    for (const [port, owner] of this.reserved) {
      if (owner.client !== client) continue;
      this.reserved.delete(port);
      ports[owner.worker]!.push(port);
    }
    for (const [worker, list] of ports.entries())
      if (list.length > 0) this.tell(worker, { t: 'unreserve', ports: list });
  }

  private route(client: ControlClient, request: MediaRequest, reply: (body: Body) => void): void {
    switch (request.op) {
      case 'hello':
        client.hasSaidHello = true;
        this.hello(reply);
        return;
      case 'closeAll':
        void this.closeAll('close-all').then((closed) => reply({ ok: true, closed }));
        return;
      case 'list':
        reply({ ok: true, sessionIds: [...this.homes.keys()] });
        return;
      case 'open':
        this.open(client, request, reply);
        return;
      case 'reserve':
        void this.reserve(client, request.count).then((ports) => reply({ ok: true, ports }));
        return;
      case 'bridge':
        this.joined(request.a, request.b, request, reply);
        return;
      case 'record-start':
        this.recordStart(request, reply);
        return;
      case 'record-stop': {
        const worker = this.recordingHomes.get(request.recordingId);
        if (worker === undefined) this.refuse(reply, 'unknown-recording', 'no such recording is running');
        else this.post(worker, (key) => ({ t: 'request', key, request }), reply);
        return;
      }
      case 'close': {
        const worker = this.homes.get(request.sessionId);
        this.forSession(request.sessionId, request, reply);
        if (worker !== undefined) this.forget(request.sessionId);
        return;
      }
      case 'unbridge':
        this.forSession(request.a, request, reply);
        return;
      case 'update':
      case 'play':
      case 'stop':
      case 'dtmf':
      case 'stats':
        this.forSession(request.sessionId, request, reply);
        return;
    }
  }

  private forSession(sessionId: string, request: MediaRequest, reply: (body: Body) => void): void {
    const worker = this.homes.get(sessionId);
    if (worker === undefined) this.refuse(reply, 'unknown-session', 'no such session');
    else this.post(worker, (key) => ({ t: 'request', key, request }), reply);
  }

  private async reserve(client: ControlClient, count: number): Promise<ReservedPort[]> {
    const share = Math.ceil(count / this.workers.length);
    const answers = await Promise.all(
      this.workers.map((_, worker) => this.ask(worker, (key) => ({ t: 'reserve', key, count: share }))),
    );
    const ports = answers.flatMap((body, worker) =>
      (body['ports'] as number[]).map((port) => ({ port, worker })),
    );
    for (const { port, worker } of ports) this.reserved.set(port, { worker, client });
    if (client.isGone) this.onClientGone(client);
    return ports;
  }

  private open(
    client: ControlClient,
    request: Extract<MediaRequest, { op: 'open' }>,
    reply: (body: Body) => void,
  ): void {
    const { sessionId, near, port } = request;
    const known = this.homes.get(sessionId);
    const reserved = port === undefined ? undefined : this.reserved.get(port);
    if (port !== undefined && (reserved?.client !== client || known !== undefined)) {
      this.refuse(reply, 'no-ports', 'this port was not reserved, or the session has one');
      return;
    }
    if (port !== undefined) this.reserved.delete(port);
    const nearHome = near === undefined ? undefined : this.homes.get(near);
    const worker = reserved?.worker ?? known ?? nearHome ?? this.load.indexOf(Math.min(...this.load));
    if (known === undefined) {
      this.homes.set(sessionId, worker);
      this.load[worker] = (this.load[worker] as number) + 1;
    }
    this.post(
      worker,
      (key) => ({ t: 'request', key, request }),
      (body) => {
        if (body['ok'] !== true && known === undefined) this.forget(sessionId);
        reply(body);
      },
    );
  }

  private recordStart(
    request: Extract<MediaRequest, { op: 'record-start' }>,
    reply: (body: Body) => void,
  ): void {
    const { recordingId, a, b, file } = request;
    if (!isSafeRecordingName(file)) {
      this.refuse(reply, 'bad-path', 'file must be a relative path of plain names ending in .wav');
      return;
    }
    if (this.recordingHomes.has(recordingId) || this.opening.has(recordingId)) {
      this.refuse(reply, 'recording-exists', 'the recording is running');
      return;
    }
    this.opening.set(recordingId, reply);
    this.joined(a, b ?? a, request, (body) => {
      if (body['ok'] === true) return;
      this.recordingHomes.delete(recordingId);
      this.opening.delete(recordingId);
      reply(body);
    });
  }

  /** An operation on two sessions: both must live in the same worker. */
  private joined(a: string, b: string, request: MediaRequest, reply: (body: Body) => void): void {
    const homeA = this.homes.get(a);
    const homeB = this.homes.get(b);
    if (homeA === undefined || homeB === undefined) {
      this.refuse(reply, 'unknown-session', 'no such session');
      return;
    }
    if (homeA !== homeB) {
      void this.moveThen(a, b, request, reply);
      return;
    }
    if (request.op === 'record-start') this.recordingHomes.set(request.recordingId, homeA);
    this.post(homeA, (key) => ({ t: 'request', key, request }), reply);
  }

  private async moveThen(
    a: string,
    b: string,
    request: MediaRequest,
    reply: (body: Body) => void,
  ): Promise<void> {
    this.isMoving = true;
    const refusal =
      (await this.move(b, this.homes.get(a) as number)) && (await this.move(a, this.homes.get(b) as number));
    this.isMoving = false;
    if (refusal) reply(refusal);
    else this.joined(a, b, request, reply);
    for (const next of this.waiting.splice(0)) next();
  }

  /** Resolves to null when the session is in `target` now, else to why it could not be moved. */
  private async move(sessionId: string, target: number): Promise<Body | null> {
    const from = this.homes.get(sessionId) as number;
    const exported = await this.ask(from, (key) => ({ t: 'export', key, sessionId }));
    if (exported['ok'] !== true) return exported;
    const state = exported['state'] as SessionState;
    let home = target;
    let imported = await this.ask(target, (key) => ({ t: 'import', key, state }));
    if (imported['ok'] !== true) {
      home = from;
      imported = await this.ask(from, (key) => ({ t: 'import', key, state }));
    }
    this.forget(sessionId);
    if (imported['ok'] !== true) {
      this.events.onEvent({ event: 'session-closed', sessionId, reason: 'lost' });
      return imported;
    }
    this.homes.set(sessionId, home);
    this.load[home] = (this.load[home] as number) + 1;
    return home === target
      ? null
      : { ok: false, code: 'other-worker', message: 'the session could not be moved' };
  }

  private hello(reply: (body: Body) => void): void {
    const lists = this.workers.map((_, worker) => this.ask(worker, (key) => ({ t: 'list', key })));
    void Promise.all(lists).then((bodies) => {
      reply({
        ok: true,
        ...this.events.helloFacts(),
        sessions: bodies.flatMap((body) => body['sessions'] as unknown[]),
      });
    });
  }

  /** Resolves once every worker has answered: it runs. Never, where one of them hangs. */
  async whenRunning(): Promise<void> {
    await Promise.all(this.workers.map((_, worker) => this.ask(worker, (key) => ({ t: 'ping', key }))));
  }

  async closeAll(reason: SessionClosedReason): Promise<string[]> {
    const answers = this.workers.map((_, worker) =>
      this.ask(worker, (key) => ({ t: 'close-all', key, reason })),
    );
    const closed = (await Promise.all(answers)).flatMap((body) => body['closed'] as string[]);
    for (const sessionId of closed) this.forget(sessionId);
    return closed;
  }
}
