// Asks whether the page of a post still exists.
import { type Whereabouts, whereaboutsOf } from '../posts/whereabouts.js';
import { guardedRequest, type GuardedRequest } from '../outbound/request.js';

/** Uses GET, because some servers answer 404 to every HEAD. The body is not read. */
export async function askPage(
  input: Pick<GuardedRequest, 'url' | 'baseUrl' | 'allowance'>,
): Promise<Whereabouts> {
  const headers = { accept: 'text/html, */*;q=0.5' };
  const answer = await guardedRequest(
    { ...input, headers, milliseconds: 10_000, redirects: 5 },
    ({ response, url }) => {
      response.body.on('error', () => undefined).destroy();
      return Promise.resolve(
        whereaboutsOf(input.url, { statusCode: response.statusCode, finalUrl: url.href }),
      );
    },
  );
  return typeof answer === 'string' ? answer : 'unknown';
}
