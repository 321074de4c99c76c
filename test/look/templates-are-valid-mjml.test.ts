// The application compiles without validation, since a placeholder is no alignment; here its values stand in.
import { readFileSync } from 'node:fs';
import mjml2html from 'mjml';
import { packageRoot } from '../../src/config.js';

const filled = (name: string): string =>
  readFileSync(new URL(`templates/email/${name}.mjml.hbs`, packageRoot), 'utf8')
    .replaceAll('{{start}}', 'left')
    .replaceAll('{{direction}}', 'ltr')
    .replaceAll('{{language}}', 'en');

test.each(['digest', 'confirmation'])('%s', async (name) => {
  const { errors } = await mjml2html(filled(name), { validationLevel: 'soft', fonts: {} });
  expect(errors.map((error) => error.formattedMessage)).toEqual([]);
});
