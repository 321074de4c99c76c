// Follows the links of a mail as a reader would, but to no private address, a few at once and in limited time, and reads
// no more than how each answers. What is silent is asked once more: sites have their moments.
import { minute } from '../durations.js';
import { readAllowance } from '../outbound/private-addresses.js';
import { guardedRequest } from '../outbound/request.js';
import { parseUrl } from '../parse-url.js';
import { judgeFailure, judgeStatus, type Verdict } from './judge-answer.js';

export interface LinkDeps {
  /** Our own address: links to us are not followed, since what they open may not be there yet. */
  baseUrl: string;
  allowPrivateFeeds: readonly string[];
  now: () => Date;
}

export interface LinkReport {
  checkedAt: Date;
  /** How many were followed. */
  links: number;
  /** Sites that keep programs out: they may be well. */
  unclear: number;
  silent: { url: string; reason: string }[];
}

const linksAtMost = 150;
const atOnce = 4;
const milliseconds = 10_000;
const redirects = 8;
/** Two minutes for all: who looks at an issue wants to know before it goes out. */
const together = 2 * minute;

const unescape = (attribute: string): string =>
  attribute.replaceAll('&quot;', '"').replaceAll('&#x3D;', '=').replaceAll('&amp;', '&');

/** Where the links of `html` lead, each once, but for those to us, and to what is not the web. */
function linksIn(html: string, baseUrl: string): string[] {
  const own = new URL(baseUrl).origin;
  const found = Array.from(html.matchAll(/<a\s[^>]*?\bhref="([^"]*)"/g), ([, href = '']) => {
    const url = parseUrl(unescape(href));
    if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.origin === own) return '';
    url.hash = '';
    return url.href;
  });
  return [...new Set(found)].filter(Boolean).slice(0, linksAtMost);
}

/** How the links of a mail answer. `tell` hears of each that has answered. */
export async function checkLinks(
  deps: LinkDeps,
  html: string,
  tell: (done: number, all: number) => void = () => undefined,
): Promise<LinkReport> {
  const allowance = readAllowance(deps.allowPrivateFeeds);
  const links = linksIn(html, deps.baseUrl);
  const verdicts = new Map<string, Verdict>();
  const until = Date.now() + together;

  async function follow(url: string): Promise<Verdict> {
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
  const isDoubtful = (verdict: Verdict) => verdict.verdict === 'silent' && verdict.maybeLater;
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
