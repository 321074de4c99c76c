// The endpoint that takes a picture as a newsletter's logo.
import { uploadLogo } from '../images/upload-logo.js';
import type { LogoFault } from '../images/read-logo.js';
import { inEnglish } from '../languages/translate.js';
import { getNewsletter } from '../newsletters/get-newsletter.js';
import { newsletterSchema } from '../newsletters/schema.js';
import { updateNewsletter } from '../newsletters/update-newsletter.js';
import { problem } from '../problem.js';
import { endpoint, notFound, ok } from './endpoint.js';

/** The statuses of files that are refused. */
const statuses: Record<LogoFault, number> = {
  empty: 400,
  'too-large': 413,
  drawing: 415,
  'unknown-type': 415,
  damaged: 400,
  'too-many-pixels': 400,
  'too-small': 400,
};

export const logoEndpoints = [
  endpoint({
    method: 'post',
    path: '/newsletters/:id/logo',
    tag: 'newsletters',
    summary: 'Upload a logo',
    description:
      'The body is the picture: PNG, JPEG, GIF or WebP, at most 1 MB and 4,000 × 4,000 pixels. Its bytes decide its type. ' +
      'EXIF and other metadata are removed. It becomes look.logo, measured to fit 240 × 64 pixels, at an address of ours. ' +
      'PATCH changes its size, or removes it with {"look": {"logo": null}}.',
    permission: 'write',
    rawBody: ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/octet-stream'],
    answers: { 200: { description: 'The newsletter with its logo.', schema: newsletterSchema } },
    problems: {
      400: 'logo-empty, logo-damaged, logo-too-many-pixels or logo-too-small',
      413: 'logo-too-large, or the body is too large to be read.',
      415: 'logo-drawing (an SVG), logo-unknown-type, or the body has the wrong media type.',
    },
    audit: 'newsletter.upload-logo',
    async handle({ deps, id, bytes }) {
      if (!(await getNewsletter(deps.db, id))) return notFound('newsletter');
      const uploaded = await uploadLogo(deps, bytes ?? Buffer.alloc(0));
      if (!uploaded.ok)
        return problem(statuses[uploaded.code], `logo-${uploaded.code}`, inEnglish(uploaded.reason));
      const changed = await updateNewsletter(deps, { id, patch: { look: { logo: uploaded.logo } } });
      return changed.ok ? ok(changed.newsletter) : notFound('newsletter');
    },
  }),
];
