/**
 * Sender and subject of a mail that is kept back, for those who look after the quarantine: of the mail if it was read, else of its
 * header alone, read by the same reader within the same time and memory. A mail that stops a parser by its body can still be
 * told from others; of one whose header does that nothing is known but its envelope.
 */
import { maxHeaderBytes } from './mail-bounds.ts';
import type { RawFacts } from './raw-mail.ts';
import type { ReaderPort, ReadMail } from './reading-side.ts';

export function factsOf({ from, subject }: Pick<ReadMail, 'from' | 'subject'>): RawFacts {
  return {
    ...(from && { from: { address: from.address, ...(from.name !== '' && { name: from.name }) } }),
    ...(subject !== '' && { subject }),
  };
}

const lf = 0x0a;
const cr = 0x0d;

/** Up to the first empty line, or as much as is read of any header. A copy: the reader may take it. */
export function headerOf(content: Uint8Array): Uint8Array {
  const end = Math.min(content.length, maxHeaderBytes);
  for (let at = 0; at < end; at += 1) {
    if (content[at] !== lf) continue;
    const next = content[at + 1] === cr ? at + 2 : at + 1;
    if (content[next] === lf) return new Uint8Array(content.subarray(0, at + 1));
  }
  return new Uint8Array(content.subarray(0, end));
}

/** Of a mail that cannot be read, or need not be. Never throws for what a mail contains. */
export async function headerFacts(reader: ReaderPort, content: Uint8Array): Promise<RawFacts> {
  const reading = await reader.read(headerOf(content), { mayTake: true });
  return 'mail' in reading ? factsOf(reading.mail) : {};
}
