/**
 * How much of a mail is read. The rule: beyond a bound nothing is guessed and nothing thrown; what stands before it is
 * read, the fault is named, and the raw mail, which the caller keeps, has the rest.
 *
 * - size: a mail is cut at the bound (`mail-too-big`);
 * - depth: a multipart that is nested deeper becomes an attachment as it stands (`too-deep`);
 * - parts: the mail is cut before the first part too many (`too-many-parts`);
 * - headers, of all parts together: header lines beyond are left out, the bodies are read (`header-too-big`);
 * - text and HTML are cut, without splitting a character (`text-cut`);
 * - addresses and references: the first of the ones, the newest of the others (`too-many-addresses`).
 */
export const maxMailBytes = 50 * 1024 * 1024;
export const maxDepth = 50;
export const maxParts = 1000;
export const maxHeaderBytes = 256 * 1024;
export const maxTextChars = 4_000_000;
export const maxSubjectChars = 998;
export const maxNameChars = 200;
export const maxAddresses = 500;
export const maxReferences = 100;
/** RFC 5321 §4.5.3.1: 64 before the @, 255 behind it. */
export const maxAddressChars = 320;
export const maxMessageIdChars = 250;

/** What is not as it should be; codes, for the reader of the mail has words of its own. */
export type MailFault =
  | 'mail-too-big'
  | 'too-deep'
  | 'too-many-parts'
  | 'header-too-big'
  | 'text-cut'
  | 'too-many-addresses'
  /** The body has no structure that could be read, and is shown as it came. */
  | 'body-as-is'
  | 'date-unreadable'
  | 'reference-skipped';
