// The address by which a mail names the logo of a look. Pure.
import type { Look } from '../newsletters/look.js';
import { secureImageUrl } from '../posts/secure-image-url.js';

/** Undefined: the look has none, or a mail cannot show its address. */
export const logoUrl = ({ logo }: Look): string | undefined =>
  logo === null ? undefined : secureImageUrl(logo.url);
