/**
 * What comes from outside, made fit to be kept and shown, by one rule for all channels (lib/clean-text): no NUL, which
 * Postgres refuses, no lone surrogate, which `jsonb` refuses, no control character in what is one line. A channel may
 * refuse more; it cannot forget this.
 */
import { cleanBlock, cleanLine, wellFormed, wellFormedData } from '../../lib/clean-text.ts';
import type { IncomingMessage } from './channel.ts';

const maxAddressLength = 320;
const maxNameLength = 200;
const maxSubjectLength = 1000;
/** Of the reason why something was not delivered, which another party words. */
export const maxFaultLength = 500;

export function fitToKeep(incoming: IncomingMessage): IncomingMessage {
  const { from, text, quoted, html, subject, externalId, clues, extra, consent } = incoming;
  const name = cleanLine(from.name ?? '', maxNameLength);
  return {
    ...incoming,
    externalId: wellFormed(externalId),
    from: {
      address: cleanLine(from.address, maxAddressLength),
      ...(name !== '' && { name }),
    },
    text: cleanBlock(text),
    ...(quoted !== undefined && { quoted: cleanBlock(quoted) }),
    ...(html !== undefined && { html: wellFormed(html) }),
    ...(subject !== undefined && { subject: cleanLine(subject, maxSubjectLength) }),
    clues: { ...clues, ...(clues.answers && { answers: clues.answers.map(wellFormed) }) },
    ...(extra && { extra: wellFormedData(extra) as Record<string, unknown> }),
    ...(consent && {
      consent: { ...consent, text: wellFormed(consent.text), version: wellFormed(consent.version) },
    }),
  };
}
