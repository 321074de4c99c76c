// The application compiles without validation, so this test lets MJML validate every template in every look.
import { readFileSync } from 'node:fs';
import mjml2html from 'mjml';
import { packageRoot } from '../../src/config/environment.js';
import { mailSource } from '../../src/templating/mail-source.js';
import { mailDesign } from '../../src/digest/mail-design.js';
import { defaultLook, templateNames } from '../../src/newsletters/look.js';
import { designProblems } from '../../src/templating/templates.js';

test.each(templateNames)('%s', async (template) => {
  for (const direction of ['ltr', 'rtl'] as const)
    for (const width of [480, 720])
      expect(await designProblems(mailDesign({ ...defaultLook, template, width }, direction))).toEqual([]);
});

const read = (path: string) => readFileSync(new URL(`templates/email/${path}.mjml.hbs`, packageRoot), 'utf8');

test.each(['confirmation', 'notice', 'address-change', 'account'])('%s', async (name) => {
  const source = mailSource(read(name), (part) => read(`parts/${part}`), {});
  if (!source.ok) throw new Error(source.problem.key);
  const filled = source.mjml
    .replaceAll('{{start}}', 'left')
    .replaceAll('{{direction}}', 'ltr')
    .replaceAll("{{or direction 'ltr'}}", 'ltr')
    .replaceAll('{{language}}', 'en');
  const { errors } = await mjml2html(filled, { validationLevel: 'soft', fonts: {} });
  expect(errors.map((error) => error.formattedMessage)).toEqual([]);
});
