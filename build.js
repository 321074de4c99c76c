// `npm run build`: compiles what has changed, and bundles the script for other sites. First it deletes outputs whose
// source is gone: jest would still run the output of a test that was renamed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = new URL('./', import.meta.url);
const pathOf = (name) => fileURLToPath(new URL(name, root));

const sourceOf = (name) => (name.startsWith('templates/') ? name : name.replace(/\.js(\.map)?$/, '.ts'));
const outputs = existsSync(new URL('dist/', root))
  ? readdirSync(new URL('dist/', root), { recursive: true }).filter((name) => /\.js(\.map)?$/.test(name))
  : [];
for (const name of outputs)
  if (!existsSync(new URL(sourceOf(name), root))) rmSync(new URL(`dist/${name}`, root), { force: true });
try {
  execFileSync(process.execPath, [pathOf('node_modules/typescript/bin/tsc')], {
    cwd: pathOf('.'),
    stdio: 'inherit',
  });
} catch {
  process.exitCode = 1; // the compiler has said why
}

/** A script that imports a style sheet gets it as minified text. */
const styleAsText = {
  name: 'style-as-text',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code.trim(), loader: 'text' };
    }),
};

await build({
  entryPoints: [pathOf('templates/pages/embed.js')],
  outfile: pathOf('dist/templates/pages/embed.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  target: 'es2022',
  charset: 'utf8',
  logLevel: 'warning',
  plugins: [styleAsText],
});
