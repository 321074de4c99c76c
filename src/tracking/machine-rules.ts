// Rules that tell machines from people. Pure.
//
// Scanners of mailbox providers and companies open the links of a mail before its reader does. What they do tells them
// best: the rules of `ruleOfClick`. Some also say what they are, or come from a network of which no person comes. A
// scanner that says and does what a browser does is counted as a person.
import { BlockList, isIP, SocketAddress } from 'node:net';
import { second } from '../durations.js';

/** What a request shows. None of it is stored. */
export interface ClickRequest {
  method: string;
  userAgent: string | undefined;
  /** The header Sec-Purpose, or those that browsers sent before. */
  purpose?: string | undefined;
  ip: string | undefined;
}

interface AgentRule {
  name: string;
  pattern: RegExp;
  /** Where it is known from. */
  origin: string;
}

export const agentRules: readonly AgentRule[] = [
  {
    name: 'scanner',
    pattern: /barracuda|proofpoint|CiscoSecureEmail|\bTMES\b|forti(?:mail|guard)|sophos/i,
    origin: 'https://check.live-direct-marketing.online/blog/bot-clicks-security-scanners-detect',
  },
  {
    // Word and Outlook ask for the address themselves, beside the browser that shows it.
    name: 'office',
    pattern: /\bms-?office\b|Microsoft Office/i,
    origin: 'https://check.live-direct-marketing.online/blog/microsoft-defender-link-click-pattern',
  },
  {
    name: 'bot',
    // CUBOT makes phones.
    pattern: /(?<!cu)bot\b|crawl|spider|slurp|scanner|link ?check|url ?check|facebookexternalhit/i,
    origin:
      'RFC 9309 section 2.2.1: crawlers name themselves; https://github.com/jdavidbakr/mail-tracker/issues/255',
  },
  {
    name: 'preview',
    pattern: /WhatsApp\/|Google-PageRenderer|preview|Slackbot|NetworkingExtension/i,
    origin:
      'https://github.com/odoo/odoo/pull/167799; https://github.com/JayBizzle/Crawler-Detect/pull/603 (NetworkingExtension of iOS)',
  },
  {
    name: 'program',
    pattern:
      /^(?:curl|wget|python|go-http-client|java|okhttp|libwww-perl|ruby|node|axios|undici|php|guzzle|apache-httpclient)|Headless|PhantomJS|python-requests|aiohttp/i,
    origin:
      'the default User-Agent of libraries for HTTP and of browsers without a window; https://github.com/putyourlightson/craft-campaign/issues/546',
  },
  {
    name: 'apple-proxy',
    pattern: /^Mozilla\/5\.0$/,
    origin:
      'https://bird.com/en-nl/blog/4-insights-on-ios-15-mail-privacy-protection: the whole User-Agent; browsers say more',
  },
  {
    name: 'old-edge',
    pattern: /Chrome\/42\.0\.2311\.135 Safari\/537\.36 Edge\/12\.246/,
    origin:
      'https://github.com/jdavidbakr/mail-tracker/issues/255: Edge of 2015, which a scanner still sends',
  },
];

interface NetworkRule {
  name: string;
  networks: readonly string[];
  origin: string;
}

// Networks of filters only, as their owners publish them. Whole clouds are left out, since people work there. So are
// Proofpoint and Mimecast: they show suspicious pages to people in browsers of their own network.
export const networkRules: readonly NetworkRule[] = [
  {
    name: 'microsoft-network',
    networks: [
      '40.92.0.0/15',
      '40.107.0.0/16',
      '52.100.0.0/14',
      '104.47.0.0/17',
      '2a01:111:f400::/48',
      '2a01:111:f403::/48',
    ],
    origin:
      'https://endpoints.office.com/endpoints/worldwide, id 10 (*.mail.protection.outlook.com): Safe Links opens links from there, https://github.com/gophish/gophish/issues/973',
  },
  {
    name: 'microsoft-network',
    networks: ['40.94.0.0/16'],
    origin:
      'https://stackoverflow.com/questions/67179134: Safe Links opened the links of a newsletter before its readers; so https://github.com/mautic/mautic/issues/9400',
  },
  {
    name: 'barracuda-network',
    networks: ['209.222.80.0/21'],
    origin:
      'https://campus.barracuda.com/product/emailgatewaydefense/doc/96023004/ip-analysis-inbound/: Email Gateway Defense; it opens links under a browser’s name, https://connect.act-on.com/hc/en-us/articles/360023757754',
  },
  {
    name: 'apple-network',
    networks: ['17.0.0.0/8'],
    origin:
      'https://check.live-direct-marketing.online/blog/apple-mail-v16-click-reporting-changes. People with Private Relay come from networks of its partners',
  },
];

const blocks = networkRules.map(({ name, networks }) => {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), familyOf(address));
  }
  return { name, list };
});

function familyOf(ip: string): 'ipv4' | 'ipv6' {
  return isIP(ip) === 6 ? 'ipv6' : 'ipv4';
}

/** The rule by which a machine sent the request. Null: it looks like a person's. */
export function ruleOfRequest({
  method,
  userAgent = '',
  purpose = '',
  ip = '',
}: ClickRequest): string | null {
  // RFC 9110 section 9.3.2: HEAD asks for no content, which a person would want.
  if (method === 'HEAD') return 'head';
  // https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Sec-Purpose: nobody has followed the link yet.
  if (/prefetch|prerender|preview/i.test(purpose)) return 'prefetch';
  if (userAgent.trim() === '') return 'no-agent';
  const agent = agentRules.find(({ pattern }) => pattern.test(userAgent));
  if (agent) return agent.name;
  if (isIP(ip) === 0) return null;
  const address = new SocketAddress({ address: ip, family: familyOf(ip) });
  return blocks.find(({ list }) => list.check(address))?.name ?? null;
}

/** What is known of a click a little later. */
export interface ClickFacts {
  at: Date;
  rule: string | null;
  linksAround: number;
  links: number;
  delivery: string | null;
  deliveredAt: Date | null;
}

/**
 * A scanner opens all links of a mail within so many seconds. A person opens a few posts in tabs. Five in ten seconds:
 * https://help.maestra.io/docs/filtering-out-fake-clicks-keeping-your-click-rate-clean
 */
export const burst = { seconds: 10, links: 5, least: 3 };

/**
 * Milliseconds from the acceptance in which no person has read a mail. Mautic's default:
 * https://github.com/mautic/mautic/issues/16263
 */
const unread = 2 * second;

const notOver = ['queued', 'sending', 'deferred'];

/** The rule by which a machine clicked, from what happened around the click. Null: a person. */
export function ruleOfClick({
  at,
  rule,
  linksAround,
  links,
  delivery,
  deliveredAt,
}: ClickFacts): string | null {
  if (rule !== null) return rule;
  // A receiving server may open the links before it accepts the mail.
  if (delivery !== null && notOver.includes(delivery)) return 'before-hand-over';
  if (delivery === 'accepted' && deliveredAt !== null) {
    const after = at.getTime() - deliveredAt.getTime();
    if (after < 0) return 'before-hand-over';
    if (after < unread) return 'at-once';
  }
  const all = Math.max(burst.least, Math.min(burst.links, links));
  return linksAround >= all ? 'every-link' : null;
}
