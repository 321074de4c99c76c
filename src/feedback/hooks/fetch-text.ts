// Fetches a small text from a provider, by the client that reaches no private address.
import { readAllowance } from '../../outbound/allowed-addresses.js';
import { readBody } from '../../outbound/read-body.js';
import { guardedRequest } from '../../outbound/request.js';

const most = 65_536;

/** Undefined: it could not be fetched. No redirect is followed. */
export async function fetchText(url: string, { baseUrl }: { baseUrl: string }): Promise<string | undefined> {
  const answer = await guardedRequest(
    { url, baseUrl, allowance: readAllowance([]), milliseconds: 10_000, redirects: 0 },
    async ({ response, header, signal }) => {
      const bytes = await readBody(response.body, header('content-encoding'), most, signal);
      return response.statusCode === 200 ? Buffer.from(bytes).toString() : undefined;
    },
  );
  return typeof answer === 'string' ? answer : undefined;
}
