// Whose mail a domain takes: one holder's, who may accept every address there, or that of many strangers. Pure.
import { domainGroup, providerOf } from '../mail/domain-groups.js';

/** Providers with mailboxes for everybody, beside those of domain-groups.ts. From their sign-up pages, 2026. */
const freemail = new Set(
  (
    'gmx.de gmx.net gmx.at gmx.ch gmx.com web.de t-online.de freenet.de arcor.de mail.de posteo.de mailbox.org bluewin.ch ' +
    'libero.it virgilio.it tiscali.it alice.it free.fr sfr.fr neuf.fr laposte.net bbox.fr comcast.net cox.net charter.net ' +
    'btinternet.com talktalk.net virginmedia.com ntlworld.com ziggo.nl kpnmail.nl planet.nl telenet.be skynet.be telia.com ' +
    'mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com ya.ru rambler.ru ukr.net seznam.cz email.cz centrum.cz wp.pl o2.pl ' +
    'onet.pl interia.pl abv.bg qq.com 163.com 126.com sina.com naver.com daum.net hanmail.net docomo.ne.jp ezweb.ne.jp ' +
    'softbank.ne.jp rediffmail.com uol.com.br bol.com.br terra.com.br walla.co.il zoho.com mail.com email.com fastmail.com ' +
    'hey.com proton.me protonmail.com pm.me tutanota.com tuta.com tuta.io'
  ).split(' '),
);

/** Labels under which a country registers names: co.uk, com.au, or.jp. */
const registries = new Set(
  'ac asn co com edu gen go gob gouv gov gv id idv ind info ltd me mil ne net nhs nic nom or org plc sch web'.split(
    ' ',
  ),
);

/**
 * The domain that a holder has registered: the last two labels, or three under a suffix like co.uk. Undefined for a
 * provider of mailboxes for everybody. A holder can invent subdomains as easily as local parts.
 */
export function holderDomain(domain: string): string | undefined {
  if (freemail.has(domain) || providerOf(domainGroup(domain)) !== 'others') return undefined;
  const labels = domain.split('.');
  const [second = '', top = ''] = labels.slice(-2);
  return labels.slice(top.length === 2 && registries.has(second) ? -3 : -2).join('.');
}
