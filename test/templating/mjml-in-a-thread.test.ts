// A process that renders mail does not keep mjml, which takes 45 MB.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

test('mjml is loaded in a thread, and not in the process that renders a mail', async () => {
  const templates = new URL('../../src/templating/templates.js', import.meta.url).href;
  const program = `
    import { createRequire } from 'node:module';
    const { renderEmail } = await import(${JSON.stringify(templates)});
    const html = await renderEmail('account', {});
    const { cache } = createRequire(${JSON.stringify(templates)});
    const loaded = Object.keys(cache).filter((file) => /node_modules.mjml/.test(file)).length;
    console.log(JSON.stringify({ isHtml: /^<!doctype html>/i.test(html), loaded }));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', program]);
  expect(JSON.parse(stdout)).toEqual({ isHtml: true, loaded: 0 });
});
