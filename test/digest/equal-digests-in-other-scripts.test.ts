// Digests of equal content, in scripts whose letters take two or three octets: none is cut where English is
// not, and each arrives as it was written.
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { dkimVerify } from 'mailauth/lib/dkim/verify.js';
import PostalMime from 'postal-mime';
import { composeVariant, nobodysLinks } from '../../src/delivery/message.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { htmlBudget } from '../../src/digest/size-budget.js';
import { openDkim } from '../../src/mail/dkim.js';
import { signTokens } from '../../src/subscribers/tokens.js';
import { links, quiet } from '../support/newsroom.js';
import { input, withTemplate } from './sample.js';

// Article 1 of the Universal Declaration of Human Rights.
const article: Record<string, string> = {
  en: 'All human beings are born free and equal in dignity and rights. They are endowed with reason and conscience and should act towards one another in a spirit of brotherhood.',
  ar: 'يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلاً وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء.',
  he: 'כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כולם חוננו בתבונה ובמצפון, לפיכך חובה עליהם לנהוג איש ברעהו ברוח של אחווה.',
  ru: 'Все люди рождаются свободными и равными в своем достоинстве и правах. Они наделены разумом и совестью и должны поступать в отношении друг друга в духе братства.',
  el: 'Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. Είναι προικισμένοι με λογική και συνείδηση, και οφείλουν να συμπεριφέρονται μεταξύ τους με πνεύμα αδελφοσύνης.',
  zh: '人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。',
  ja: 'すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。人間は、理性と良心とを授けられており、互いに同胞の精神をもって行動しなければならない。',
};
const shownIn = (language: string) => (['zh', 'ja', 'ru', 'el'].includes(language) ? 'en' : language);

const now = () => new Date('2026-06-01T07:00:00Z');
const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
const signer = openDkim([{ domain: 'harbourpost.example', selector: 's', privateKey: key }], {
  now,
  log: quiet,
});
const published = createPublicKey(key).export({ type: 'spki', format: 'der' }).toString('base64');

// Mail has CRLF at the end of each line.
const lines = (text = '') => text.replaceAll('\r\n', '\n').trim();
const { sentTo } = nobodysLinks(links);

async function digestOf(language: string) {
  const words = article[language] ?? '';
  return renderDigest({
    ...input({
      newsletter: withTemplate('letter', { content: 'full', language: shownIn(language) }),
      posts: Array.from({ length: 8 }, (_, number) => ({
        title: words.slice(0, 60),
        url: `https://harbourpost.example/${number}`,
        excerptText: words,
        html: `<p>${words} ${words}</p>`.repeat(7),
        topics: [],
      })),
      more: 0,
    }),
    ...nobodysLinks(links),
  });
}

test.each(Object.keys(article))(
  'the same eight posts in %s are not cut, and arrive whole',
  async (language) => {
    const digest = await digestOf(language);
    expect(digest.dropped).toEqual({ excerpts: 0, images: 0, posts: 0 });
    expect(digest.bytes).toBeLessThan(htmlBudget);

    const source = {
      issueId: '12',
      newsletterId: '3',
      slug: 'harbour',
      from: { name: 'The Harbour Post', address: 'digest@harbourpost.example' },
      replyTo: null,
      date: now(),
      ...digest,
    };
    const variant = await composeVariant(source, links, signer);
    for (const subscriptionId of ['99', '1234567']) {
      const ana = { subscriberId: '77', subscriptionId, address: 'ana@example.com' };
      const message = variant.messageFor(ana);
      const mail = await PostalMime.parse(message);
      const tokens = signTokens(links.key, subscriptionId);
      const nobodys = signTokens(links.key, '0');
      const forAna = (part: string) =>
        part
          .replaceAll(nobodys.unsubscribe, tokens.unsubscribe)
          .replaceAll(nobodys.preferences, tokens.preferences)
          .replaceAll(sentTo.html, ana.address)
          .replaceAll(sentTo.text, ana.address);
      // In base64, up to two spaces behind the address keep the octets that follow in their quads.
      const received = (part = '') => lines(part.replaceAll(/(?<=ana@example\.com) {1,2}/g, ''));
      expect(received(mail.html)).toBe(lines(forAna(digest.html)));
      expect(received(mail.text)).toBe(lines(forAna(digest.text)));
      const { results } = await dkimVerify(message, {
        resolver: () => Promise.resolve([[`v=DKIM1; p=${published}`]]),
        curTime: now(),
      });
      expect(results.map(({ status }) => status.result)).toEqual(['pass']);
      expect(
        Math.max(
          ...message
            .toString('latin1')
            .split('\r\n')
            .map((line) => line.length),
        ),
      ).toBeLessThan(250);
    }
  },
);
