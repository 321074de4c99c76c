// Whether a name advertises something: mail programs turn "visit evil.com" into a link. Pure.

// Generic top-level domains: those with the most spam (Spamhaus and Interisle, 2025), and those that most
// mail programs know. Intl knows the countries' own.
const generic = new Set(
  `app art asia autos bet best bid bio biz blog buzz cam cash casino cat cfd christmas click cloud club codes com company cool
   coop country cyou date deals dev digital directory download edu email eu events example faith finance fit fun fund fyi
   games gay gift gives global gmbh gov group guru help hair homes host icu inc info ink international int kim land life link
   live loan lol ltd marketing media men mil mobi money mom monster museum name net network news ngo ong online onion org
   page party photos pics plus porn press pro promo quest racing realty ren rest review rocks run sale sbs science sexy shop
   site skin social software solutions space store stream studio style support tech tel tips tk today tokyo tools top town
   trade travel tube uk su vip webcam website wiki win work works world wtf xin xxx xyz yachts zip zone
   рф рус бел укр срб қаз ком орг онлайн сайт дети москва 中国 中國 网址 网络 公司 コム みんな 닷컴 한국 भारत قطر مصر ایران شبكة موقع קום ישראל`.split(
    /\s+/,
  ),
);

const regions = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

const isCountry = (label: string): boolean =>
  label.startsWith('xn--') ||
  // ZZ and similar codes stand for no country.
  (/^[a-z]{2}$/.test(label) &&
    !/^(zz|q[m-z]|x[a-z])$/.test(label) &&
    regions.of(label.toUpperCase()) !== undefined);

// Dr.No and J.Li are names; Dr.Com is not.
const titles =
  /^(?:dr|mr|mrs|ms|mx|st|sr|jr|prof|ing|dipl|mag|hr|fr|mme|mlle|lt|col|capt|rev|sra|dra|\p{L})$/u;

// U+3002, U+FF0E and U+FF61 are dots in an address bar too (UTS #46).
const dots = /[.\u3002\uff0e\uff61]/;
const words = /[\p{L}\p{M}\p{N}_-]+(?:[.\u3002\uff0e\uff61][\p{L}\p{M}\p{N}_-]+)+/gu;

/**
 * Whether mail programs would take a part of `name` for the address of a site: "evil.com", "see
 * shop.evil.co.uk".
 */
export function hasDomain(name: string): boolean {
  // Few names have a dot, so this saves time in an import of a million.
  if (!dots.test(name)) return false;
  return (name.toLowerCase().match(words) ?? []).some((word) => {
    const labels = word.split(dots);
    const [last = ''] = labels.splice(-1);
    return generic.has(last) || (isCountry(last) && !labels.every((label) => titles.test(label)));
  });
}
