/** What the desk's routes need of the house; the composer joins it to app/text. */
import type { DeskTargets, DeskView, MessageView, SendMessage, ThreadView } from '../../contract/desk.ts';
import type { ContactCustomer, FoundCustomers } from '../../contract/customers.ts';
import type { CloseRequest, DeskStateRequest, TransferRequest } from '../../contract/desk.ts';

/** `refused`: the reason, for details.reason of a `conflict`; `not-yours` of a contact is answered as not found. */
export type DeskAnswer = { refused: string } | undefined;

export interface DeskFile {
  name: string;
  mime: string;
  bytes: number;
  sha256: string;
  isPicture: boolean;
  refused?: string;
}

/** `not-yours`: the contact is not on this agent's desk; `unknown`: there is no such card. */
export type CustomerAnswer = ContactCustomer | { refused: string };

/** Whose the contacts of a desk are. What changes something asks that the contact be in the agent's hand. */
export interface CustomerPort {
  of(agentId: string, contactId: string): Promise<CustomerAnswer>;
  /** `retryInSec`: asked too often. */
  find(
    agentId: string,
    contactId: string,
    text: string,
  ): Promise<FoundCustomers | { refused: string } | { retryInSec: number }>;
  choose(agentId: string, contactId: string, customerId: string): Promise<CustomerAnswer>;
  link(agentId: string, contactId: string, customerId: string): Promise<CustomerAnswer>;
  name(agentId: string, contactId: string, customerId: string, name: string): Promise<CustomerAnswer>;
}

export interface DeskPort {
  customers: CustomerPort;
  view(agentId: string): DeskView | undefined;
  targets(agentId: string): DeskTargets;
  logIn(agentId: string, phoneId?: string): DeskAnswer;
  setState(agentId: string, request: DeskStateRequest): DeskAnswer;
  answerOffer(agentId: string, offerId: string, isTaken: boolean): DeskAnswer;
  thread(agentId: string, contactId: string): Promise<ThreadView | undefined>;
  send(
    agentId: string,
    contactId: string,
    message: SendMessage,
  ): Promise<{ message: MessageView } | { refused: string }>;
  transfer(agentId: string, contactId: string, request: TransferRequest): Promise<DeskAnswer>;
  close(agentId: string, contactId: string, request: CloseRequest): Promise<DeskAnswer>;
  read(agentId: string, contactId: string, seq: number): Promise<DeskAnswer>;
  typing(agentId: string, contactId: string): DeskAnswer;
  /** Whether a file may come now: to be asked before any of it is read. */
  mayAttach(agentId: string, contactId: string): DeskAnswer;
  attach(
    agentId: string,
    contactId: string,
    file: { name: string; mime: string; content: Uint8Array },
  ): Promise<{ attachmentId: string; file: DeskFile } | { refused: string }>;
  /** Of a thread on this agent's desk. */
  file(agentId: string, attachmentId: string): Promise<{ file: DeskFile; content: Uint8Array } | undefined>;
  /** The mail's own HTML, made safe; pictures inside it are its attachments. */
  html(agentId: string, messageId: string): Promise<{ html: string; blockedImages: number } | undefined>;
  /** Bytes of one file. */
  maxFileBytes(): number;
  /** Answers how to stop. `changed`: of these agents, or of all. */
  listen(listener: {
    message(agentIds: readonly string[], message: MessageView): void;
    changed(agentIds: readonly string[] | undefined): void;
  }): () => void;
  /** The page of this agent is open, or no longer. */
  presence(agentId: string, isThere: boolean): void;
}
