/**
 * Frames of the control protocol: `<decimal byte length>#<payload>`. Pure: takes chunks, gives payloads.
 * Texts hold one character per byte, so lengths are character counts.
 */

export const MAX_FRAME_BYTES = 1024 * 1024;
const MAX_LENGTH_DIGITS = 8;

export type FrameError = 'frame too large' | 'malformed frame';

export function encodeFrame(payload: string): string {
  return `${payload.length}#${payload}`;
}

export class FrameReader {
  #buffer = '';

  /** Takes a chunk and hands out every whole payload; an error means that the stream cannot be followed further. */
  push(chunk: string, onPayload: (payload: string) => boolean): FrameError | undefined {
    this.#buffer = this.#buffer === '' ? chunk : this.#buffer + chunk;
    let at = 0;
    let error: FrameError | undefined;
    for (;;) {
      const hash = this.#buffer.indexOf('#', at);
      const digitsEnd = hash < 0 ? this.#buffer.length : hash;
      const length = readLength(this.#buffer, at, digitsEnd);
      if (typeof length === 'string') {
        error = length;
        break;
      }
      if (hash < 0 || this.#buffer.length - hash - 1 < length) break;
      if (hash === at) {
        error = 'malformed frame';
        break;
      }
      const payload = this.#buffer.slice(hash + 1, hash + 1 + length);
      at = hash + 1 + length;
      if (!onPayload(payload)) {
        this.#buffer = '';
        return undefined;
      }
    }
    this.#buffer = error === undefined ? this.#buffer.slice(at) : '';
    return error;
  }
}

function readLength(text: string, start: number, end: number): number | FrameError {
  if (end - start > MAX_LENGTH_DIGITS) {
    return isAllDigits(text, start, start + MAX_LENGTH_DIGITS) ? 'frame too large' : 'malformed frame';
  }
  if (!isAllDigits(text, start, end)) return 'malformed frame';
  const length = end === start ? 0 : Number(text.slice(start, end));
  return length > MAX_FRAME_BYTES ? 'frame too large' : length;
}

function isAllDigits(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    if (c < 48 || c > 57) return false;
  }
  return true;
}
