// Follows the links of a mail, as a reader would. It reaches no private address, follows a few links at a
// time, has a time limit, and reads only the status. A site that does not answer is asked a second time.
import { minute } from '../durations.js';
import type { Said } from '../languages/messages.js';
import { readAllowance } from '../outbound/allowed-addresses.js';
import { guardedRequest } from '../outbound/request.js';
import { linksIn } from './links-in.js';
import { judgeFailure, judgeStatus, type LinkVerdict } from './judge-answer.js';

export interface LinkDeps {
  /** Our own address. Links to us are not followed: their pages may not exist yet. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  now: () => Date;
}

export interface LinkReport {
  checkedAt: Date;
  /** The number of links that were followed. */
  links: number;
  /** Sites that reject programs: their links may work. */
  unclear: number;
  /** A report of an earlier version has its reasons in English. */
  silent: { url: string; reason: Said }[];
}

const linksAtMost = 150;
const atOnce = 4;
const milliseconds = 10_000;
const redirects = 8;
/** For all links together: an editor waits for the report before the issue goes out. */
const together = 2 * minute;

/** Reports how the links of a mail answer. `tell` is called after each answer. */
export async function checkLinks(
  deps: LinkDeps,
  html: string,
  tell: (done: number, all: number) => void = () => undefined,
): Promise<LinkReport> {
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const links = linksIn(html, deps.baseUrl).slice(0, linksAtMost);
  const verdicts = new Map<string, LinkVerdict>();
  const until = Date.now() + together;

  async function follow(url: string): Promise<LinkVerdict> {
    const answer = await guardedRequest(
      {
        url,
        baseUrl: deps.baseUrl,
        allowance,
        milliseconds,
        redirects,
        headers: { accept: 'text/html, application/xhtml+xml, */*;q=0.8' },
      },
      ({ response }) => {
        response.body.on('error', () => undefined).destroy();
        return Promise.resolve({ status: 'answered' as const, code: response.statusCode });
      },
    );
    return answer.status === 'answered' ? judgeStatus(answer.code) : judgeFailure(answer);
  }

  async function followAll(urls: readonly string[]): Promise<void> {
    const waiting = urls.values();
    const worker = async (): Promise<void> => {
      for (const url of waiting) {
        if (Date.now() > until) return;
        verdicts.set(url, await follow(url));
        tell(verdicts.size, links.length);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
  }

  await followAll(links);
  const isDoubtful = (verdict: LinkVerdict) => verdict.verdict === 'silent' && verdict.maybeLater;
  await followAll([...verdicts].flatMap(([url, verdict]) => (isDoubtful(verdict) ? [url] : [])));

  return {
    checkedAt: deps.now(),
    links: verdicts.size,
    unclear: [...verdicts.values()].filter(({ verdict }) => verdict === 'unclear').length,
    silent: [...verdicts].flatMap(([url, verdict]) =>
      verdict.verdict === 'silent' ? [{ url, reason: verdict.reason }] : [],
    ),
  };
}
