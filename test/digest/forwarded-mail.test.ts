// A forwarded mail asks its new reader to subscribe: every other link at its end belongs to its first reader.
import { templateNames } from '../../src/newsletters/look.js';
import { renderDigest } from '../../src/digest/render-digest.js';
import { input, withTemplate } from './sample.js';

describe('a reader who forwards the mail', () => {
  const subscribeUrl = 'https://mail.harbourpost.example/n/harbour';

  test.each(templateNames)(
    'sends an invitation along, in the template "%s" and every language',
    async (template) => {
      for (const [language, asks, link] of [
        ['en', 'Was this forwarded to you?', 'Subscribe'],
        ['de', 'Wurde Ihnen diese E-Mail weitergeleitet?', 'Abonnieren'],
        ['fr', 'Cet e-mail vous a été transféré\u202f?', 'S’abonner'],
        ['es', '¿Te han reenviado este correo?', 'Suscribirse'],
        ['he', 'העבירו אליך את ההודעה?', 'הרשמה'],
        ['ar', 'هل أُعيد توجيه هذه الرسالة إليك؟', 'الاشتراك'],
      ] as const) {
        const newsletter = withTemplate(template, { language });
        const { html, text } = await renderDigest(input({ newsletter, subscribeUrl }));
        expect(html).toMatch(
          new RegExp(`${asks.replace('?', '\\?')} <a [^>]*href="${subscribeUrl}"[^>]*>${link}</a>`),
        );
        expect(text).toContain(`${asks} ${link}:\n${subscribeUrl}\n`);
      }
    },
  );

  test('sends none along if the newsletter is unlisted', async () => {
    const { html, text } = await renderDigest(input());
    expect(html + text).not.toContain('forwarded');
  });
});
