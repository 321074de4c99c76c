// The pages of the WordPress plugin: its settings, the block in the editor, and the form on the site.
import type { Page } from 'playwright-core';
import { describeInBrowser, useBrowser, violationsIn } from '../browser/chromium.js';
import { startApp, type TestApp } from '../support/app.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeNewsletter } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { startWordPress, whyNoWordPress, type WordPressSite } from './wordpress-site.js';

(whyNoWordPress === '' ? describeInBrowser : describe.skip)(`pages of WordPress${whyNoWordPress}`, () => {
  let database: TestDatabase;
  let app: TestApp;
  let site: WordPressSite;
  const browser = useBrowser();
  let page: Page;
  let key: string;
  let newsletterId: string;
  const settings = () => `${site.url}/wp-admin/options-general.php?page=daily-digest`;
  const stored = (option = 'all()') => site.php(`return DailyDigest\\Settings\\${option};`);

  beforeAll(async () => {
    database = await testDatabase();
    app = await startApp(database, { reachedAs: '127.0.0.1' });
    site = await startWordPress();
    newsletterId = (
      await makeNewsletter(database.db, {
        slug: 'harbour',
        name: 'The <b>Harbour</b> & Post',
        siteUrl: site.url,
      })
    ).id;
    key = await app.key('editor');
    await site.php(`activate_plugin('daily-digest/daily-digest.php');`);
    page = await browser.newPage();
    await page.goto(`${site.url}/wp-login.php`);
    await page.fill('#user_login', 'admin');
    await page.fill('#user_pass', 'secret');
    await page.click('#wp-submit');
    await page.waitForURL(/wp-admin/);
  });
  afterAll(async () => {
    await site?.close();
    await app?.close();
    await database?.close();
  });

  const save = async () => {
    // WordPress takes the parameter out of the address when the page has loaded.
    await Promise.all([
      page.waitForResponse((answer) => answer.url().includes('settings-updated')),
      page.click('#submit'),
    ]);
    await page.waitForLoadState();
  };

  test('an administrator connects the site, and the key never comes back', async () => {
    await page.goto(settings());
    await page.fill('#daily-digest-server', `${app.url}/`);
    await page.fill('#daily-digest-key', key);
    await save();
    expect(await page.textContent('.notice-info')).toContain('The server answers.');
    await page.selectOption('#daily-digest-newsletter', { label: 'The <b>Harbour</b> & Post' });
    await page.selectOption('#daily-digest-topics', 'tags');
    await save();
    expect(await page.textContent('.notice-success.inline')).toContain('Connected');
    expect(await page.content()).not.toContain(key);
    expect(await stored()).toMatchObject({ server: app.url, key, slug: 'harbour', topics: 'tags' });
    await save();
    expect(await stored('key()')).toBe(key);
    await page.goto(`${site.url}/wp-admin/options.php`);
    expect(await page.content()).toContain('daily_digest_settings');
    expect(await page.content()).not.toContain(key);
    await page.goto(settings());
    expect((await violationsIn(page)).filter((one) => one.includes('daily-digest'))).toEqual([]);
    await page.setViewportSize({ width: 360, height: 700 });
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  test('nobody saves settings without the nonce or the permission', async () => {
    const before = await stored();
    const saved = await page.request.post(`${site.url}/wp-admin/options.php`, {
      form: {
        option_page: 'daily-digest',
        action: 'update',
        'daily_digest_settings[server]': 'https://evil.example.org',
      },
    });
    expect(saved.status()).toBe(403);
    const retried = await page.request.post(`${site.url}/wp-admin/admin-post.php`, {
      form: { action: 'daily_digest_retry' },
    });
    expect(retried.status()).toBe(403);
    await site.php(
      `wp_insert_user(array('user_login' => 'writer', 'user_pass' => 'secret', 'role' => 'editor'));`,
    );
    const context = await browser.newContext();
    const writer = await context.newPage();
    await writer.goto(`${site.url}/wp-login.php`);
    await writer.fill('#user_login', 'writer');
    await writer.fill('#user_pass', 'secret');
    await writer.click('#wp-submit');
    await writer.waitForURL(/wp-admin/);
    expect((await writer.goto(settings()))?.status()).toBe(403);
    await context.close();
    expect(await stored()).toEqual(before);
  });

  test('a key is not sent to another server than the one it was entered for', async () => {
    const before = JSON.stringify(await stored());
    await page.goto(settings());
    await page.fill('#daily-digest-server', 'http://127.0.0.1:1');
    await save();
    expect(await stored()).toMatchObject({ server: 'http://127.0.0.1:1', key: '', newsletter: '' });
    expect(await page.textContent('#setting-error-key')).toContain('the API key was removed');
    await site.php(`update_option('daily_digest_settings', json_decode('${before}', true));`);
  });

  test('the page tells which posts could not be sent, and sends them again', async () => {
    const id = Number(
      await site.php(`$id = wp_insert_post(array('post_title' => 'Late <i>post</i>', 'post_status' => 'draft'));
        update_post_meta($id, '_daily_digest_state', 'pending');
        update_post_meta($id, '_daily_digest_error', 'Because of <b>this</b>.');
        $GLOBALS['wpdb']->update($GLOBALS['wpdb']->posts, array('post_status' => 'publish'), array('ID' => $id));
        return $id;`),
    );
    await page.goto(settings());
    expect(await page.textContent('table.widefat')).toContain('Because of <b>this</b>.');
    await page.click('text=Try again now');
    await page.waitForURL(/retrying=1/);
    await waitUntil(
      async () => {
        await site.visit();
        return (await site.php(`return get_post_meta(${id}, '_daily_digest_state', true);`)) === 'pushed';
      },
      30_000,
      'the push',
    );
    await page.goto(settings());
    expect(await page.isVisible('table.widefat')).toBe(false);
  });

  const statusOf = async (email: string) =>
    (await app.api('GET', `/subscribers?email=${encodeURIComponent(email)}`)).body.data?.length ?? 0;

  const pageWith = async (content: string) =>
    Number(
      await site.php(`return wp_insert_post(array('post_title' => 'Join', 'post_type' => 'page',
        'post_status' => 'publish', 'post_content' => '${content}'));`),
    );

  test('a reader subscribes by the form of the shortcode', async () => {
    const id = await pageWith('[daily_digest_form]');
    const reader = await browser.newPage();
    await reader.goto(`${site.url}/?page_id=${id}`);
    await reader.fill('.daily-digest input[type=email]', 'script@example.org');
    await reader.click('.daily-digest [type=submit]');
    await reader.waitForSelector('.daily-digest .says[data-kind=done]');
    expect(await statusOf('script@example.org')).toBe(1);
    await reader.setViewportSize({ width: 320, height: 600 });
    expect(await reader.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await reader.close();
  });

  test('a reader without JavaScript subscribes by the plain form, and comes back', async () => {
    const context = await browser.newContext({ javaScriptEnabled: false });
    const reader = await context.newPage();
    for (const [variant, email] of [
      ['plain', 'plain@example.org'],
      ['script', 'noscript@example.org'],
    ]) {
      const id = await pageWith(`[daily_digest_form variant="${variant}"]`);
      await reader.goto(`${site.url}/?page_id=${id}`);
      await reader.fill('input[type=email]', email ?? '');
      await reader.click('button[type=submit]');
      await reader.waitForURL(new RegExp(`page_id=${id}&daily-digest=thanks`));
      expect(await reader.textContent('[role=status]')).toContain('look into your inbox');
      expect(await statusOf(email ?? '')).toBe(1);
    }
    await context.close();
  });

  test('nothing that a writer puts into the shortcode becomes markup', async () => {
    const html = String(
      await site.php(
        `return do_shortcode('[daily_digest_form variant="frame" newsletter="x\\"><script>alert(1)</script>"]');`,
      ),
    );
    expect(html).toContain(`src="${app.url}/n/harbour/embed?frame=1"`);
    expect(html).not.toContain('alert');
    expect(
      await site.php(`return do_shortcode('[daily_digest_form newsletter="other" variant="frame"]');`),
    ).toContain('/n/other/embed');
  });

  test('the block is added in the editor, published, and drawn on the page', async () => {
    const errors: string[] = [];
    page.on('pageerror', ({ message }) => errors.push(message));
    await page.goto(`${site.url}/wp-admin/post-new.php`);
    await page.waitForFunction("window.wp?.blocks?.getBlockType('daily-digest/subscribe')");
    await page.evaluate(`wp.data.dispatch('core/editor').editPost({ title: 'With the block', status: 'publish' });
      wp.data.dispatch('core/block-editor').insertBlocks(
        wp.blocks.createBlock('daily-digest/subscribe', { variant: 'frame' }))`);
    await page.waitForSelector('text=The subscribe form appears here on your site.');
    await page.evaluate("wp.data.dispatch('core/editor').savePost()");
    await page.waitForFunction(
      "!wp.data.select('core/editor').isSavingPost() && wp.data.select('core/editor').isCurrentPostPublished()",
    );
    await page.goto(String(await page.evaluate("wp.data.select('core/editor').getPermalink()")));
    expect(await page.getAttribute('.daily-digest-form iframe', 'src')).toBe(
      `${app.url}/n/harbour/embed?frame=1`,
    );
    expect(errors).toEqual([]);
    await waitUntil(
      async () => {
        await site.visit();
        const { data } = (await app.api('GET', `/newsletters/${newsletterId}/posts`)).body;
        return data?.some(({ title }) => title === 'With the block');
      },
      30_000,
      'the post from the editor',
    );
  });

  test('the pages speak the language of the site', async () => {
    await site.php(`update_option('WPLANG', 'de_DE');`);
    await page.goto(settings());
    expect(await page.textContent('label[for=daily-digest-server]')).toBe('Adresse des Servers');
  });
});
