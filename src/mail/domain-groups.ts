// Which provider receives mail for which domains, and how many messages it accepts at once. Pure.
//
// Limits belong to providers, not to domains, and concern connections to the provider itself. A relay that
// queues and spreads mail keeps them better than we can: then set domainLimits=off in SMTP_URL. A domain that
// is not listed is a group by itself, with the customary limit.
//
// Providers also limit the messages of one connection. Only the relay can obey that, because it opens the
// connections to the providers. SMTP_URL's messagesPerConnection concerns our connections to the relay.

export interface DomainGroup {
  key: string;
  /** Simultaneous hand-overs, over all workers. */
  connections: number;
  domains: readonly string[];
}

/** Simultaneous hand-overs to a provider that names no figure. */
const customary = 10;

const countries = (name: string, suffixes: string): string[] =>
  suffixes.split(' ').map((suffix) => `${name}.${suffix}`);

// Limits: the providers' requirements and postmaster pages, 2026 (support.google.com/mail/answer/81126,
// sendersupport.olc.protection.outlook.com, senders.yahooinc.com/best-practices, support.apple.com/102322,
// postmaster.orange.fr). Where those name no figure: senders' reports. Domains: the providers' sign-up pages.
const groups: readonly DomainGroup[] = [
  {
    key: 'google',
    connections: 5,
    domains: ['gmail.com', 'googlemail.com'],
  },
  {
    key: 'outlook',
    connections: 5,
    domains: [
      ...countries(
        'outlook',
        'com at be cl co co.id co.il co.th com.ar com.au com.br com.gr com.pe com.tr com.vn cz de dk es fr hu ie in it jp kr lv my ph pt sa sg sk',
      ),
      ...countries(
        'hotmail',
        'com be ca ch cl co.id co.il co.in co.jp co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.hk com.mx com.tr com.tw com.vn cz de dk es fi fr gr hu it lt lv my nl no ph pl pt rs se sg sk',
      ),
      ...countries(
        'live',
        'com at be ca ch cl cn co.jp co.kr co.uk co.za com.ar com.au com.mx com.my com.ph com.pt com.sg de dk fi fr ie in it jp nl no ph pt ru se',
      ),
      'msn.com',
      'passport.com',
      'windowslive.com',
    ],
  },
  {
    key: 'yahoo',
    // Yahoo names no figure.
    connections: customary,
    domains: [
      ...countries(
        'yahoo',
        'com at be bg ca ch cl cn co.id co.il co.in co.kr co.nz co.th co.uk co.za com.ar com.au com.br com.cn com.co com.hk com.hr com.mx com.my com.pe com.ph com.sg com.tr com.tw com.ve com.vn cz de dk ee es fi fr gr hr hu ie in it lt lv nl no pl pt ro rs se si sk',
      ),
      ...countries(
        'aol',
        'com at be ch cl co.nz co.uk com.ar com.au com.br com.mx cz de dk es fi fr hk in it jp nl pl se',
      ),
      'aim.com',
      'att.net',
      'bellsouth.net',
      'frontier.com',
      'netscape.net',
      'prodigy.net',
      'rocketmail.com',
      'sbcglobal.net',
      'sky.com',
      'verizon.net',
      'ymail.com',
      'myyahoo.com',
    ],
  },
  {
    key: 'icloud',
    connections: 10,
    domains: ['icloud.com', 'mac.com', 'me.com'],
  },
  {
    key: 'orange.fr',
    connections: 3,
    domains: ['orange.fr', 'wanadoo.fr'],
  },
];

const byDomain = new Map(groups.flatMap((group) => group.domains.map((domain) => [domain, group] as const)));
const byKey = new Map(groups.map((group) => [group.key, group]));

/** The key of the group that receives mail for this address: a provider's key, or the domain itself. */
export function domainGroup(address: string): string {
  const domain = address.slice(address.lastIndexOf('@') + 1);
  return byDomain.get(domain)?.key ?? domain;
}

/** Simultaneous hand-overs to the group, over all workers. */
export function groupConnections(key: string): number {
  return byKey.get(key)?.connections ?? customary;
}

/** The keys of the groups with several domains. */
export const providers: readonly string[] = groups.map(({ key }) => key);

/** The domains that make up the group. */
export function groupDomains(key: string): readonly string[] {
  return byKey.get(key)?.domains ?? [key];
}

/** The key if it names a provider, else 'others': few enough values for a metric. */
export function providerOf(key: string): string {
  return byKey.has(key) ? key : 'others';
}
