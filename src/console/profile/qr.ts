// A QR code as a path for SVG, drawn on the server: neither a script nor another host learns the secret.
import { encode } from 'uqr';

export interface QrPath {
  /** Modules on each side, the quiet zone included. */
  size: number;
  d: string;
}

export function qrPath(text: string): QrPath {
  // ISO/IEC 18004: the quiet zone is four modules wide.
  const { size, data } = encode(text, { ecc: 'M', border: 4 });
  const modules = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])));
  return { size, d: modules.join('') };
}
