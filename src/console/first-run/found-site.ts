// What was found at a site. The form carries it from step to step, because there is no newsletter before Create. Pure.
import { z } from 'zod';
import { feedKinds } from '../../formats/document.js';
import { uploadedLogo } from '../../newsletters/logo-address.js';

const found = z.object({
  /** The site's address. */
  url: z.string().max(2048),
  /** The address as it was typed. */
  typed: z.string().max(2048),
  /** When it was read, in milliseconds since 1970. */
  readAt: z.int(),
  feeds: z
    .array(
      z.object({
        url: z.string().max(2048),
        title: z.string().max(300).nullable(),
        kind: z.enum(feedKinds),
        posts: z.int(),
      }),
    )
    .max(16),
  logos: z
    .array(z.object({ url: z.string().max(2048), width: z.int(), height: z.int(), isIcon: z.boolean() }))
    // Those of the site, and one that was uploaded.
    .max(7),
  /** Why there are no feeds, in words. */
  detail: z.string().nullable(),
});

export type FoundSite = z.output<typeof found>;

/** Undefined: the text is none that we made. */
export function readFoundSite(text: string): FoundSite | undefined {
  try {
    return found.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export type FoundLogo = FoundSite['logos'][number];

/** What was found, with an uploaded logo as the first choice, in place of an earlier upload. */
export const withOwnLogo = (site: FoundSite, logo: FoundLogo | undefined): FoundSite => ({
  ...site,
  logos: [...(logo ? [logo] : []), ...site.logos.filter(({ url }) => !uploadedLogo(url))],
});

/** The logo that was uploaded. */
export const ownLogoOf = (site: FoundSite | undefined): FoundLogo | undefined =>
  site?.logos.find(({ url }) => uploadedLogo(url));
