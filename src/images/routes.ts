// GET /images/<id>-<width>-<signature>: the images of posts, for mails that show them from here. Uses no
// cookies.
import express, { type Router } from 'express';
import { problem, sendProblem } from '../problem.js';
import { readImageName } from './image-address.js';
import type { ImageServer } from './serve-image.js';

const notFound = problem(404, 'not-found', 'There is no such image.');

/** `keys` sign the addresses. */
export function imageRoutes({ images, keys }: { images: ImageServer; keys: readonly string[] }): Router {
  const router = express.Router();
  router.get('/images/:name', async (request, response) => {
    const { name } = request.params;
    const named = keys.map((key) => readImageName(name, key)).find(Boolean);
    if (named === undefined) return sendProblem(response, notFound);
    const served = await images.serve(named);
    response.set('Content-Security-Policy', "default-src 'none'");
    if (served.status === 'none') return sendProblem(response, notFound);
    if (served.status === 'elsewhere')
      return response.set('Cache-Control', 'public, max-age=60').redirect(302, served.url);
    // An address names one image in one size for ever. If the site changes the image later, the mail keeps
    // the old one.
    response.set('Cache-Control', 'public, max-age=31536000, immutable').type(served.mediaType);
    response.send(Buffer.from(served.bytes));
  });
  return router;
}
