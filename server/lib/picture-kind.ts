/**
 * Which picture a file is by its first bytes. A name and a declared type are the sender's claim; only what agrees with the
 * bytes is ever shown as a picture, so that no page or script can come in under the name of one.
 */
export type PictureType = 'image/png' | 'image/jpeg' | 'image/gif' | 'image/webp';

/** Kinds that browsers show as a picture and as nothing else: no SVG, which is a page. */
const pictureTypes: ReadonlySet<string> = new Set<PictureType>([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
]);

/** Of a type that was checked when its file was kept (`honestType`): may it be shown as a picture? */
export const isPicture = (mime: string): boolean => pictureTypes.has(mime.toLowerCase());

const startsWith = (content: Uint8Array, start: readonly number[], at = 0): boolean =>
  start.every((byte, index) => content[at + index] === byte);
const bytesOf = (text: string): number[] => [...Buffer.from(text, 'latin1')];

const png = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const jpeg = [0xff, 0xd8, 0xff];
const gif = [bytesOf('GIF87a'), bytesOf('GIF89a')];
const riff = bytesOf('RIFF');
const webp = bytesOf('WEBP');

export function pictureTypeOf(content: Uint8Array): PictureType | undefined {
  if (startsWith(content, png)) return 'image/png';
  if (startsWith(content, jpeg)) return 'image/jpeg';
  if (gif.some((start) => startsWith(content, start))) return 'image/gif';
  return startsWith(content, riff) && startsWith(content, webp, 8) ? 'image/webp' : undefined;
}

/** The declared type; of a picture that is none, or another one, a type that nothing shows. */
export function honestType(declared: string, content: Uint8Array): string {
  const mime = declared.toLowerCase();
  if (!isPicture(mime)) return mime;
  return pictureTypeOf(content) === mime ? mime : 'application/octet-stream';
}
