// docs/monitoring and docs/deploying hold files that other programs read. Their own programs check them, and every metric
// that they name is one that /metrics has.
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../../src/config/environment.js';
import { useApp, useDatabase } from '../support/fixture.js';

const database = useDatabase();
const app = useApp(database);
const fileOf = (name: string): string => fileURLToPath(new URL(name, packageRoot));

const installed = (program: string): boolean => spawnSync(program, ['--version']).error === undefined;
const unless = (program: string): string => (installed(program) ? '' : ` (${program} is not installed)`);

/** The names in PromQL expressions. Functions, labels and values are not in it. */
const metricsIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/\b(?:digest|http)_[a-z_]+/g)].map(([name]) => name.replace(/_bucket$/, '')));

test.each(['docs/monitoring/alerts.yml', 'docs/monitoring/dashboard.json'])(
  '%s names metrics that exist',
  async (name) => {
    const served = await (await fetch(`${app.url}/metrics`)).text();
    const known = new Set([...served.matchAll(/^# TYPE (\S+)/gm)].map(([, metric]) => metric));
    const named = metricsIn(await readFile(fileOf(name), 'utf8'));
    expect(named.size).toBeGreaterThan(8);
    expect([...named].filter((metric) => !known.has(metric))).toEqual([]);
  },
);

test('the dashboard has panels with expressions, each with its own place', async () => {
  const { panels } = JSON.parse(await readFile(fileOf('docs/monitoring/dashboard.json'), 'utf8')) as {
    panels: { id: number; title: string; gridPos: { x: number; y: number }; targets: { expr: string }[] }[];
  };
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  expect(new Set(panels.map(({ gridPos: { x, y } }) => `${x} ${y}`)).size).toBe(panels.length);
  for (const { targets } of panels) expect(targets.every(({ expr }) => expr !== '')).toBe(true);
});

(installed('promtool') ? describe : describe.skip)(`promtool${unless('promtool')}`, () => {
  test('fires the alerts when they should', () => {
    const rules = spawnSync('promtool', ['test', 'rules', fileOf('test/docs/alerts.promtool.yml')], {
      encoding: 'utf8',
    });
    expect(rules.stderr + rules.stdout).toContain('SUCCESS');
    expect(rules.status).toBe(0);
  });
});

(installed('systemd-analyze') ? describe : describe.skip)(`systemd${unless('systemd-analyze')}`, () => {
  test('accepts the units', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'daily-digest-units-'));
    try {
      const files: string[] = [];
      for (const unit of ['daily-digest', 'daily-digest-web', 'daily-digest-workers']) {
        const text = await readFile(fileOf(`docs/deploying/${unit}.service`), 'utf8');
        const file = path.join(folder, `${unit}.service`);
        // The program of this test run, for that of the installation.
        await writeFile(
          file,
          text
            .replaceAll('/opt/daily-digest', fileURLToPath(packageRoot).replace(/\/$/, ''))
            .replaceAll('/usr/bin/node', process.execPath),
        );
        files.push(file);
      }
      const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
      // It names every key and value that it does not know.
      expect(stderr).not.toMatch(/daily-digest.*service:\d+/);
      expect(status).toBe(0);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
