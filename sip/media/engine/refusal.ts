/** An operation that cannot be carried out as things stand: an expected outcome, told to the client by its code. */
import type { MediaErrorCode } from '../protocol.ts';

export class Refusal {
  readonly code: MediaErrorCode;
  readonly message: string;
  constructor(code: MediaErrorCode, message: string) {
    this.code = code;
    this.message = message;
  }
}
