/**
 * The recordings of one worker: joins sessions to timelines and hands full seconds to the disk thread.
 * It may not touch files. Whatever happens to a recording, its call goes on.
 */
import type { RecordStartParams } from '../protocol.ts';
import { RecordTimeline } from './record-timeline.ts';
import { Refusal } from './refusal.ts';
import type { Session } from './session.ts';
import { COUNTER, type ToDisk, type WorkerSettings } from './thread-messages.ts';

const MAX_DISK_BACKLOG_BYTES = 64 * 1024 * 1024;

interface Recording {
  recordingId: string;
  timeline: RecordTimeline;
  a: Session;
  b: Session | null;
}

type ToDiskThread = (message: ToDisk, transfer?: ArrayBuffer) => void;

export class Recorder {
  private readonly recordings = new Map<string, Recording>();
  private readonly settings: WorkerSettings;
  private readonly counters: Float64Array;
  private readonly disk: ToDiskThread;
  private readonly diskBacklog: Int32Array;

  constructor(settings: WorkerSettings, counters: Float64Array, disk: ToDiskThread) {
    this.settings = settings;
    this.counters = counters;
    this.disk = disk;
    this.diskBacklog = new Int32Array(settings.diskBacklog);
  }

  get size(): number {
    return this.recordings.size;
  }

  start(request: RecordStartParams, a: Session, b: Session | null, nowMs: number): void {
    const { recordingId, file } = request;
    if (a === b) throw new Refusal('same-session', 'a recording needs two different sessions');
    if (this.recordings.has(recordingId)) throw new Refusal('recording-exists', 'the recording is running');
    if (a.tap || b?.tap) throw new Refusal('already-recorded', 'a session can be in one recording at a time');
    const channels = b ? 2 : 1;
    const law = a.codecPt;
    const timeline = new RecordTimeline(channels, law, nowMs);
    a.tap = { recordingId, timeline, channel: 0 };
    if (b) b.tap = { recordingId, timeline, channel: 1 };
    this.recordings.set(recordingId, { recordingId, timeline, a, b });
    this.disk({ t: 'open', recordingId, file, channels, law, worker: this.settings.index });
  }

  stop(recordingId: string, nowMs: number): void {
    const recording = this.recordings.get(recordingId);
    if (!recording) throw new Refusal('unknown-recording', 'no such recording is running');
    this.sendChunk(recordingId, recording.timeline.finish(nowMs));
    this.drop(recordingId);
    this.disk({ t: 'close', recordingId });
  }

  /** Both of its sessions are closed: nothing more will come. */
  stopIfDeserted(recordingId: string, nowMs: number): void {
    const recording = this.recordings.get(recordingId);
    if (!recording || recording.a.tap !== null) return;
    if (recording.b && recording.b.tap !== null) return;
    this.stop(recordingId, nowMs);
  }

  /** The disk thread gave it up. */
  drop(recordingId: string): void {
    const recording = this.recordings.get(recordingId);
    if (!recording) return;
    this.recordings.delete(recordingId);
    for (const session of [recording.a, recording.b]) {
      if (session?.tap?.recordingId === recordingId) session.tap = null;
    }
  }

  private sendChunk(recordingId: string, data: Uint8Array): void {
    if (data.length === 0) return;
    Atomics.add(this.diskBacklog, 0, data.length);
    const { counters } = this;
    counters[COUNTER.recordedBytes] = (counters[COUNTER.recordedBytes] as number) + data.length;
    this.disk({ t: 'chunk', recordingId, data }, data.buffer as ArrayBuffer);
  }

  flush(nowMs: number): void {
    const isDiskStuck = Atomics.load(this.diskBacklog, 0) > MAX_DISK_BACKLOG_BYTES;
    for (const { recordingId, timeline } of this.recordings.values()) {
      const data = timeline.flush(nowMs);
      if (!data) continue;
      if (!isDiskStuck) {
        this.sendChunk(recordingId, data);
        continue;
      }
      // A disk that hangs may not take the memory: the recording ends here, the call goes on.
      this.drop(recordingId);
      this.disk({ t: 'close', recordingId, error: 'the disk is too slow' });
    }
  }
}
