// 4,000 columns keep MJML busy for seconds. The web process goes on answering meanwhile, and says what is wrong.
import { openTemplateCheck } from '../../src/digest/check-in-thread.js';
import { inEnglish } from '../../src/languages/translate.js';
import { defaultLook } from '../../src/newsletters/look.js';
import { digestSource } from '../../src/templating/templates.js';

const columns = (count: number): string =>
  digestSource('letter').replace(
    '</mj-body>',
    `<mj-section>${'<mj-column/>'.repeat(count)}</mj-section></mj-body>`,
  );

test('a template that takes too long is refused, and the process goes on meanwhile', async () => {
  const check = openTemplateCheck({ milliseconds: 1_000, megabytes: 256 });
  let turns = 0;
  const ticking = setInterval(() => (turns += 1), 10);
  const problems = await check({ mjml: columns(7_000), look: defaultLook });
  clearInterval(ticking);
  expect(problems.map(inEnglish)).toEqual([
    'checking the template takes longer than 1 second: it needs fewer sections and columns',
  ]);
  expect(turns).toBeGreaterThan(5);
});

test('after that, a usual template passes', async () => {
  const check = openTemplateCheck({ milliseconds: 120_000, megabytes: 256 });
  expect(await check({ mjml: columns(0), look: defaultLook })).toEqual([]);
  expect(await check({ mjml: '<mjml>', look: defaultLook })).not.toEqual([]);
}, 120_000);
