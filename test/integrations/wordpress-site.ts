// A separate, real WordPress on a MariaDB of its own, with our plugin. Debian's packages wordpress, php-cli, php-mysql
// and mariadb-server are needed; without one, tests are skipped by name.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { packageRoot } from '../../src/config/environment.js';
import { holdDataDir } from '../../src/embedded/hold.js';
import { freePort } from '../../src/embedded/ports.js';
import { answers } from '../support/answers.js';
import { temporaryFolder } from '../support/database.js';
import { allowSlowTests } from '../support/time-limit.js';
import { waitUntil } from '../support/wait.js';

allowSlowTests();

const run = promisify(execFile);
const original = '/usr/share/wordpress';
const needed = {
  wordpress: `${original}/wp-load.php`,
  'php-cli': '/usr/bin/php',
  'mariadb-server': '/usr/sbin/mariadbd',
};
export const pluginFolder = fileURLToPath(new URL('integrations/wordpress/daily-digest', packageRoot));

export const whyNoWordPress = ((): string => {
  const missing = Object.entries(needed).flatMap(([name, file]) => (existsSync(file) ? [] : [name]));
  return missing.length === 0 ? '' : ` (${missing.join(', ')} not installed)`;
})();

export interface WordPressSite {
  url: string;
  /** Loads the front page as a visitor does. It starts WordPress' cron if events are due. */
  visit(): Promise<void>;
  /** Runs PHP inside WordPress, as the administrator. Returns what the code returns. */
  php(code: string): Promise<unknown>;
  close(): Promise<void>;
}

/** A classic theme: the page of a post, and nothing else. */
const theme = `<!doctype html><html <?php language_attributes(); ?>><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A blog</title><?php wp_head(); ?></head>
<body <?php body_class(); ?>><main><?php while ( have_posts() ) { the_post(); the_title( '<h1>', '</h1>' ); the_content(); } ?></main>
<?php wp_footer(); ?></body></html>`;

const configuration = (socket: string, url: string): string => `<?php
define( 'DB_NAME', 'wordpress' );
define( 'DB_USER', 'root' );
define( 'DB_PASSWORD', '' );
define( 'DB_HOST', 'localhost:${socket}' );
define( 'DB_CHARSET', 'utf8mb4' );
define( 'DB_COLLATE', '' );
define( 'WP_SITEURL', '${url}' );
define( 'WP_HOME', '${url}' );
define( 'AUTH_KEY', 'test' );
define( 'WP_HTTP_BLOCK_EXTERNAL', true );
define( 'WP_ACCESSIBLE_HOSTS', '127.0.0.1' );
define( 'AUTOMATIC_UPDATER_DISABLED', true );
define( 'WP_CRON_LOCK_TIMEOUT', 2 );
define( 'WP_DEBUG', true );
define( 'WP_DEBUG_DISPLAY', false );
define( 'WP_DEBUG_LOG', __DIR__ . '/debug.log' );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) define( 'ABSPATH', __DIR__ . '/' );
require_once ABSPATH . 'wp-settings.php';
`;

const inside = (url: string, code: string): string => `<?php
$_SERVER['HTTP_HOST'] = '${new URL(url).host}';
$_SERVER['REQUEST_URI'] = '/';
require __DIR__ . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/admin.php';
wp_set_current_user( 1 );
$result = ( static function () { ${code} } )();
echo "\\n", wp_json_encode( $result );
`;

async function startMariaDb(folder: string): Promise<{ socket: string; server: ChildProcess }> {
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  const socket = path.join(folder, 'sql');
  const data = path.join(folder, 'data');
  const common = ['--no-defaults', `--datadir=${data}`, ...asRoot];
  await run('mariadb-install-db', [
    ...common,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
    '--skip-name-resolve',
  ]);
  const server = spawn(
    needed['mariadb-server'],
    [...common, `--socket=${socket}`, '--skip-networking', '--innodb-flush-log-at-trx-commit=0'],
    { stdio: 'ignore' },
  );
  await waitUntil(() => existsSync(socket), 60_000, 'MariaDB');
  return { socket, server };
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

/** Installs WordPress with the plugin in it, not yet active. */
export async function startWordPress(): Promise<WordPressSite> {
  const folder = await temporaryFolder();
  // Another run, which starts meanwhile, must not sweep it.
  holdDataDir(folder).describe('by a test');
  const root = path.join(folder, 'site');
  const { socket, server: database } = await startMariaDb(folder);
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  await cp(original, root, { recursive: true, dereference: true });
  const content = path.join(root, 'wp-content');
  await mkdir(path.join(content, 'themes/plain'), { recursive: true });
  await writeFile(path.join(content, 'themes/plain/style.css'), '/* Theme Name: Plain */');
  await writeFile(path.join(content, 'themes/plain/index.php'), theme);
  await mkdir(path.join(content, 'mu-plugins'), { recursive: true });
  await writeFile(path.join(content, 'mu-plugins/no-mail.php'), '<?php function wp_mail() { return true; }');
  await cp(pluginFolder, path.join(content, 'plugins/daily-digest'), { recursive: true });
  // WordPress offers a language if there is a catalogue of its own, which may be empty.
  await mkdir(path.join(content, 'languages'), { recursive: true });
  await writeFile(path.join(content, 'languages/de_DE.mo'), '');
  await writeFile(path.join(root, 'wp-config.php'), configuration(socket, url));
  await run('php', [
    '-r',
    `(new mysqli('localhost', 'root', '', '', 0, '${socket}'))->query('create database wordpress');
     define('WP_INSTALLING', true); $_SERVER['HTTP_HOST'] = '127.0.0.1:${port}'; $_SERVER['REQUEST_URI'] = '/';
     require '${root}/wp-load.php'; require ABSPATH . 'wp-admin/includes/upgrade.php';
     wp_install('A blog', 'admin', 'admin@example.org', true, '', 'secret'); switch_theme('plain');`,
  ]);
  const web = spawn('php', ['-S', `127.0.0.1:${port}`, '-t', root], {
    stdio: 'ignore',
    // WordPress' cron is a request that the site sends to itself.
    env: { ...process.env, PHP_CLI_SERVER_WORKERS: '4' },
    detached: true,
  });
  await waitUntil(() => answers(port), 30_000, 'PHP');
  let scripts = 0;
  return {
    url,
    async visit() {
      await (await fetch(url)).text();
      await delay(500);
    },
    async php(code) {
      const file = path.join(root, `run-${(scripts += 1)}.php`);
      await writeFile(file, inside(url, code));
      const { stdout } = await run('php', [file], { maxBuffer: 50_000_000 });
      return JSON.parse(stdout.slice(stdout.lastIndexOf('\n') + 1)) as unknown;
    },
    async close() {
      // The workers of PHP's server are its children, and outlive it.
      if (web.pid !== undefined && web.exitCode === null) {
        process.kill(-web.pid, 'SIGTERM');
        await once(web, 'exit');
      }
      await stop(database);
      await rm(folder, { recursive: true, force: true });
    },
  };
}
