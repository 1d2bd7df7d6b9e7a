/**
 * Cuts a TCP stream into SIP messages by Content-Length. No I/O. RFC 3261 18.3, RFC 5626 3.5.1 (keep-alives).
 * A stream whose framing is lost is given up: guessing where the next message begins is how requests get smuggled.
 */
import { MAX_MESSAGE_BYTES } from '../wire/limits.ts';

const LENGTH_LINE = /\r\n(?:content-length|l)[ \t]*:[ \t]*([^\r\n]*)\r\n/i;
const MAX_LEADING_LINES = 16;

export interface FramerSink {
  onMessage(text: string): void;
  /** A double CRLF, to be answered by a single one. */
  onPing(): void;
}

export class StreamFramer {
  #buffer = '';
  readonly #sink: FramerSink;

  constructor(sink: FramerSink) {
    this.#sink = sink;
  }

  /** Bytes of a message that is not complete yet. */
  get pendingBytes(): number {
    return this.#buffer.length;
  }

  /** Takes a chunk; false when the stream cannot be followed any further and is to be closed. */
  push(chunk: string): boolean {
    this.#buffer = this.#buffer === '' ? chunk : this.#buffer + chunk;
    for (;;) {
      if (!this.#skipKeepAlives()) return false;
      if (this.#buffer === '') return true;
      const headEnd = this.#buffer.indexOf('\r\n\r\n');
      if (headEnd < 0) return this.#buffer.length <= MAX_MESSAGE_BYTES;
      const bodyStart = headEnd + 4;
      const match = LENGTH_LINE.exec(this.#buffer.slice(0, headEnd + 2));
      const declared = match?.[1]?.trim() ?? '0';
      if (!/^\d{1,6}$/.test(declared)) {
        // Passed on without a body so that it gets its 400, then the stream ends.
        this.#sink.onMessage(this.#buffer.slice(0, bodyStart));
        return false;
      }
      const end = bodyStart + Number(declared);
      if (end > MAX_MESSAGE_BYTES) return false;
      if (this.#buffer.length < end) return true;
      const text = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end);
      this.#sink.onMessage(text);
    }
  }

  #skipKeepAlives(): boolean {
    let at = 0;
    let lines = 0;
    while (this.#buffer.startsWith('\r\n', at)) {
      at += 2;
      lines++;
      if (lines % 2 === 0) this.#sink.onPing();
    }
    if (at > 0) this.#buffer = this.#buffer.slice(at);
    return lines <= MAX_LEADING_LINES;
  }
}
