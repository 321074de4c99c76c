// GET /n/:slug/logo: the publisher's logo, for our public pages. It is fetched, resized and kept here: the
// pages load nothing from other sites, so no site sees who opens a page with a token in its address.
import express, { type Router } from 'express';
import type { Db } from '../db.js';
import { getNewsletterBySlug } from '../newsletters/get-newsletter.js';
import { readerProblem } from '../problem.js';
import { sendError } from './routes-pages.js';

export interface LogoDeps {
  db: Db;
  /** The image in this width; undefined: it cannot be shown now. */
  logoImage(logo: {
    url: string;
    width: number;
  }): Promise<{ bytes: Uint8Array; mediaType: string } | undefined>;
}

const notFound = readerProblem(404, 'not-found', { key: 'errors.notFound' });

export function logoRoute({ db, logoImage }: LogoDeps): Router {
  const router = express.Router();
  router.get('/n/:slug/logo', async (request, response) => {
    const newsletter = await getNewsletterBySlug(db, request.params.slug);
    const logo = newsletter?.look.logo;
    // Twice its size in CSS pixels, for screens with two pixels for each.
    const image = logo ? await logoImage({ url: logo.url, width: 2 * logo.width }) : undefined;
    if (image === undefined) return sendError(request, response, notFound);
    response.set({
      'Cache-Control': 'public, max-age=86400',
      'Content-Security-Policy': "default-src 'none'",
    });
    response.type(image.mediaType).send(Buffer.from(image.bytes));
  });
  return router;
}
