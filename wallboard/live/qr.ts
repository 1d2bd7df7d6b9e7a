/**
 * A QR code as one path of an SVG: no image, no inline style, nothing that the content security policy would refuse. Error
 * correction M: a screen has no stains, but it has reflections.
 */
import { encode } from 'uqr';

/** Modules of silence around it, as the standard asks. */
const quietZone = 4;

export interface Qr {
  /** In units of one module, from the corner of the quiet zone. */
  path: string;
  size: number;
}

export function qrOf(text: string): Qr {
  const { data, size } = encode(text, { ecc: 'M', border: quietZone });
  let path = '';
  data.forEach((row, y) => {
    for (let x = 0; x < row.length; x += 1) {
      if (row[x] !== true) continue;
      const from = x;
      while (row[x + 1] === true) x += 1;
      path += `M${from} ${y}h${x + 1 - from}v1H${from}z`;
    }
  });
  return { path, size };
}
