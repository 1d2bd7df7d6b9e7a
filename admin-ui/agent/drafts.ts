/**
 * What was begun and not sent, a draft a contact: text of the answer and of the note apart, so that a note never goes to
 * the customer by a slip. Kept in the tab's own storage, so that a reload loses nothing and closing the tab leaves
 * nothing behind; what is stored is checked before it is believed.
 */
import type { AttachmentView } from '../../server/contract/desk.ts';
import type { Pending } from './desk-state.ts';

export interface Draft {
  isNote: boolean;
  reply: string;
  note: string;
  /** Already at the server; of the reply. */
  attachments: AttachmentView[];
}

export const emptyDraft: Draft = { isNote: false, reply: '', note: '', attachments: [] };

export type Drafts = Record<string, Draft>;

export interface Kept {
  drafts: Drafts;
  pending: readonly Pending[];
}

const draftsKey = 'hearthline-agent-drafts';

export const isEmptyDraft = (draft: Draft): boolean =>
  draft.reply === '' && draft.note === '' && draft.attachments.length === 0 && !draft.isNote;

type Unknown = Record<string, unknown>;
const isObject = (value: unknown): value is Unknown => typeof value === 'object' && value !== null;
const isText = (value: unknown): value is string => typeof value === 'string';

function isAttachment(value: unknown): value is AttachmentView {
  return (
    isObject(value) &&
    isText(value['attachmentId']) &&
    isText(value['name']) &&
    isText(value['mime']) &&
    typeof value['bytes'] === 'number' &&
    typeof value['isPicture'] === 'boolean'
  );
}

function isDraft(value: unknown): value is Draft {
  if (!isObject(value) || !Array.isArray(value['attachments'])) return false;
  return (
    typeof value['isNote'] === 'boolean' &&
    isText(value['reply']) &&
    isText(value['note']) &&
    value['attachments'].every(isAttachment)
  );
}

function isPending(value: unknown): value is Pending {
  if (!isObject(value) || !Array.isArray(value['attachments'])) return false;
  return (
    isText(value['clientId']) &&
    isText(value['contactId']) &&
    isText(value['text']) &&
    typeof value['isNote'] === 'boolean' &&
    typeof value['at'] === 'number' &&
    value['attachments'].every(isAttachment)
  );
}

/** What was stored, of this user alone; anything odd in it is left out. */
export function parseKept(text: string | null, userId: string): Kept {
  const none: Kept = { drafts: {}, pending: [] };
  if (text === null) return none;
  let stored: unknown;
  try {
    stored = JSON.parse(text);
  } catch {
    return none;
  }
  if (!isObject(stored) || stored['userId'] !== userId) return none;
  const drafts = isObject(stored['drafts']) ? Object.entries(stored['drafts']) : [];
  const pending: unknown[] = Array.isArray(stored['pending']) ? stored['pending'] : [];
  return {
    drafts: Object.fromEntries(drafts.filter((entry): entry is [string, Draft] => isDraft(entry[1]))),
    // Whether it arrived is not known: it is sent again under the same name.
    pending: pending
      .filter(isPending)
      .map((own) => (own.state === 'refused' ? own : { ...own, state: 'waiting' })),
  };
}

export function formatKept(kept: Kept, userId: string): string {
  const drafts = Object.fromEntries(Object.entries(kept.drafts).filter(([, draft]) => !isEmptyDraft(draft)));
  return JSON.stringify({ userId, drafts, pending: kept.pending });
}

export function readKept(userId: string): Kept {
  try {
    return parseKept(window.sessionStorage.getItem(draftsKey), userId);
  } catch {
    return { drafts: {}, pending: [] };
  }
}

/** Storage that is full or refused costs the memory over a reload, not the page. */
export function writeKept(kept: Kept, userId: string): void {
  try {
    window.sessionStorage.setItem(draftsKey, formatKept(kept, userId));
  } catch {
    // Kept for this page's life only.
  }
}

export function forgetKept(): void {
  try {
    window.sessionStorage.removeItem(draftsKey);
  } catch {
    // There was nothing to forget.
  }
}
