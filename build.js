// `npm run build`: compiles what has changed. First it deletes outputs whose source is gone: jest would still run the
// output of a test that was renamed.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('./', import.meta.url);
const outputs = existsSync(new URL('dist/', root))
  ? readdirSync(new URL('dist/', root), { recursive: true }).filter((name) => /\.js(\.map)?$/.test(name))
  : [];
for (const name of outputs)
  if (!existsSync(new URL(name.replace(/\.js(\.map)?$/, '.ts'), root)))
    rmSync(new URL(`dist/${name}`, root), { force: true });
const compiler = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
try {
  execFileSync(process.execPath, [compiler], { cwd: fileURLToPath(root), stdio: 'inherit' });
} catch {
  process.exitCode = 1; // the compiler has said why
}
