/**
 * One request that came in and waits for an app's answer: the text for the app, the fixed parts of any answer,
 * and where it stands. Plain data.
 */
import { randomUUID } from 'node:crypto';
import type { AppConnection } from '../control/connection.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { WheelTimer } from '../timer-wheel.ts';
import type { ServerTransaction } from '../transaction/server-transaction.ts';
import type { Outbound } from '../transport/flow.ts';
import type { AnswerParts } from '../wire/build.ts';
import type { SipMessage } from '../wire/message.ts';
import type { Essentials } from '../wire/validate.ts';

/** A provisional response sent reliably (RFC 3262 3). */
export interface ReliableProvisional {
  rseq: number;
  text: string;
  intervalMs: number;
  leftMs: number;
  timer: WheelTimer;
}

export class UasRequest {
  /** The id under which the present app knows it; a request offered anew gets a new one. */
  id: string = randomUUID();
  readonly transaction: ServerTransaction;
  readonly msg: SipMessage;
  readonly essentials: Essentials;
  readonly parts: AnswerParts;
  readonly text: string;
  readonly from: Outbound;
  app: AppConnection | undefined;
  dialog: Dialog | undefined;
  readonly isInDialog: boolean;
  localTag: string | undefined;
  isHeld = false;
  isDone = false;
  /** Limits the wait for an app, or for its answer. */
  timer: WheelTimer | undefined;
  hasProvisional = false;
  reliable: ReliableProvisional | undefined;
  /** Further reliable provisional responses, one at a time on the wire (RFC 3262 3). */
  reliableQueue: { rseq: number; text: string }[] = [];
  lastRSeq = 0;

  constructor(
    transaction: ServerTransaction,
    msg: SipMessage,
    essentials: Essentials,
    parts: AnswerParts,
    text: string,
    from: Outbound,
    dialog: Dialog | undefined,
  ) {
    this.transaction = transaction;
    this.msg = msg;
    this.essentials = essentials;
    this.parts = parts;
    this.text = text;
    this.from = from;
    this.dialog = dialog;
    this.isInDialog = dialog !== undefined;
    this.localTag = essentials.toTag;
  }

  get method(): string {
    return this.msg.method;
  }
}
