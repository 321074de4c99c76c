// The WordPress plugin tells our server what happens to posts. Real WordPress, its real cron, our real server.
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { startApp, type TestApp } from '../support/app.js';
import { testDatabase, type TestDatabase } from '../support/database.js';
import { makeNewsletter } from '../support/newsroom.js';
import { waitUntil } from '../support/wait.js';
import { startWordPress, whyNoWordPress, type WordPressSite } from './wordpress-site.js';

interface StoredPost {
  id: string;
  title: string;
  state: string;
  topics: string[];
  commentCount: number | null;
  [field: string]: unknown;
}

(whyNoWordPress === '' ? describe : describe.skip)(`posts of WordPress${whyNoWordPress}`, () => {
  let database: TestDatabase;
  let app: TestApp;
  let site: WordPressSite;
  let newsletterId: string;
  let key: string;
  let silent: Server;

  beforeAll(async () => {
    database = await testDatabase();
    app = await startApp(database, { reachedAs: '127.0.0.1' });
    newsletterId = (await makeNewsletter(database.db, { slug: 'harbour' })).id;
    key = await app.key('editor');
    site = await startWordPress();
    await site.php(`wp_insert_post(array('post_title' => 'From before', 'post_name' => 'old', 'post_status' => 'publish'));
      activate_plugin('daily-digest/daily-digest.php');`);
    await connect(app.url);
    silent = createServer(() => {}).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
  });
  afterAll(async () => {
    silent?.close();
    await site?.close();
    await app?.close();
    await database?.close();
  });

  const connect = (server: string, apiKey = key) =>
    site.php(`update_option('daily_digest_settings', array('server' => '${server}', 'key' => '${apiKey}',
      'newsletter' => '${newsletterId}', 'slug' => 'harbour', 'topics' => 'both'));`);
  const posts = async () =>
    ((await app.api('GET', `/newsletters/${newsletterId}/posts`)).body.data ?? []) as unknown as StoredPost[];
  const titled = async (title: string) => (await posts()).find((post) => post.title === title);
  /** Waits until WordPress' cron has told the server. */
  const arrives = (title: string, is: (post: StoredPost) => boolean = () => true) =>
    waitUntil(
      async () => {
        await site.visit();
        const post = await titled(title);
        return post !== undefined && is(post) ? post : undefined;
      },
      30_000,
      `the post "${title}"`,
    );
  const publish = async (title: string, more = '') =>
    Number(
      await site.php(
        `return wp_insert_post(array('post_title' => '${title}', 'post_status' => 'publish',
           'post_content' => 'Some words about ${title}.' ${more}));`,
      ),
    );
  const withdrawn = ({ state, retractedAt }: StoredPost) => state === 'excluded' && retractedAt !== null;

  test('a published post arrives with topics, image and comment count', async () => {
    await site.php(`
      $picture = wp_upload_bits('boat.png', null, (static function () {
        $image = imagecreatetruecolor(1200, 600); ob_start(); imagepng($image); return ob_get_clean(); })());
      $id = wp_insert_attachment(array('post_mime_type' => 'image/png', 'post_title' => 'Boat'), $picture['file']);
      wp_update_attachment_metadata($id, wp_generate_attachment_metadata($id, $picture['file']));
      update_post_meta($id, '_wp_attachment_image_alt', 'A boat & its crew');
      $category = wp_create_category('Harbour & ferries');
      return wp_insert_post(wp_slash(array('post_title' => 'Ferries <em>run</em> again &amp; on time', 'post_status' => 'publish',
        'post_content' => "<!-- wp:paragraph -->\\n<p>The <strong>first</strong> ferry left at six.</p>\\n<!-- /wp:paragraph -->\\n[daily_digest_form]",
        'post_excerpt' => 'The strike is over.', 'post_category' => array($category), 'tags_input' => array('strike', 'ferry'),
        'meta_input' => array('_thumbnail_id' => $id))));`);
    const post = await arrives('Ferries run again & on time');
    expect(post).toMatchObject({
      state: 'eligible',
      author: 'admin',
      topics: ['Harbour & ferries', 'ferry', 'strike'],
      commentCount: 0,
      excerpt: 'The strike is over.',
      url: expect.stringContaining(`${site.url}/?p=`),
      commentsUrl: expect.stringContaining('#respond'),
      image: {
        url: expect.stringMatching(/\/uploads\/.*boat-1024x512\.png$/),
        width: 1024,
        height: 512,
        alt: 'A boat & its crew',
      },
    });
    expect(post['html']).toContain('<strong>first</strong>');
    expect(post['html']).not.toMatch(/form|daily_digest|embed\.js/);
    expect(Math.abs(Date.parse(String(post['publishedAt'])) - Date.now())).toBeLessThan(120_000);
  });

  test('an edited post is updated, and comments are counted', async () => {
    const id = await publish('Fog');
    const { id: known } = await arrives('Fog');
    await site.php(`wp_update_post(array('ID' => ${id}, 'post_title' => 'Thick fog'));`);
    expect(await arrives('Thick fog')).toMatchObject({ id: known });
    const wait = await site.php(`
      wp_insert_comment(array('comment_post_ID' => ${id}, 'comment_content' => 'Yes', 'comment_approved' => 1));
      wp_insert_comment(array('comment_post_ID' => ${id}, 'comment_content' => 'No', 'comment_approved' => 1));
      return wp_next_scheduled('daily_digest_sync', array(${id})) - time();`);
    // One push for many comments.
    expect(Number(wait)).toBeGreaterThan(240);
    expect(Number(wait)).toBeLessThanOrEqual(300);
    await site.php(`do_action('daily_digest_sync', ${id});`);
    expect(await arrives('Thick fog', ({ commentCount }) => commentCount === 2)).toMatchObject({ id: known });
  });

  test('a post that is unpublished leaves the next issue, and comes back when it is published again', async () => {
    const id = await publish('Too early');
    await arrives('Too early');
    await site.php(`wp_update_post(array('ID' => ${id}, 'post_status' => 'draft'));`);
    await arrives('Too early', withdrawn);
    await site.php(`wp_publish_post(${id});`);
    await arrives('Too early', ({ state }) => state === 'eligible');
    await site.php(`wp_update_post(array('ID' => ${id}, 'post_password' => 'secret'));`);
    await arrives('Too early', withdrawn);
    await site.php(`wp_update_post(array('ID' => ${id}, 'post_password' => ''));`);
    await arrives('Too early', ({ state }) => state === 'eligible');
    await site.php(`wp_trash_post(${id});`);
    expect(await arrives('Too early', withdrawn)).toMatchObject({ state: 'excluded' });
  });

  test('a post that is deleted without the trash is withdrawn', async () => {
    const id = await publish('Wrong');
    await arrives('Wrong');
    await site.php(`wp_delete_post(${id}, true);`);
    expect(await arrives('Wrong', withdrawn)).toMatchObject({ state: 'excluded' });
  });

  test('old posts, drafts, private posts, pages and imports are not pushed', async () => {
    const before = (await posts()).length;
    await site.php(`
      $old = get_page_by_path('old', OBJECT, 'post');
      wp_update_post(array('ID' => $old->ID, 'post_content' => 'A typing error is gone.'));
      foreach (array('draft', 'private', 'pending') as $status)
        wp_insert_post(array('post_title' => 'Hidden', 'post_content' => 'x', 'post_status' => $status));
      wp_insert_post(array('post_title' => 'Closed', 'post_status' => 'publish', 'post_password' => 'secret'));
      wp_insert_post(array('post_title' => 'A page', 'post_status' => 'publish', 'post_type' => 'page'));
      define('WP_IMPORTING', true);
      wp_insert_post(array('post_title' => 'Imported', 'post_status' => 'publish', 'post_date' => '2001-01-01 00:00:00'));`);
    expect(await site.php(`return _get_cron_array();`)).not.toMatchObject({
      daily_digest_sync: expect.anything(),
    });
    await publish('The last one');
    await arrives('The last one');
    expect(await posts()).toHaveLength(before + 1);
  });

  test('a post whose event was lost is found again', async () => {
    const isScheduled = await site.php(`
      $id = wp_insert_post(array('post_title' => 'Lost', 'post_status' => 'publish', 'post_content' => 'x'));
      wp_clear_scheduled_hook('daily_digest_sync', array($id));
      do_action('daily_digest_sweep');
      return false !== wp_next_scheduled('daily_digest_sync', array($id));`);
    expect(isScheduled).toBe(true);
    await arrives('Lost');
    await waitUntil(
      async () =>
        (await site.php(`return count(DailyDigest\\Push\\with_meta('_daily_digest_due', 5));`)) === 0,
    );
  });

  test('publishing does not wait for a server that does not answer', async () => {
    await connect(`http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const seconds = await site.php(`$start = microtime(true);
      wp_insert_post(array('post_title' => 'Patience', 'post_status' => 'publish', 'post_content' => 'x'));
      do_action('shutdown');
      return microtime(true) - $start;`);
    expect(Number(seconds)).toBeLessThan(3);
    await connect(app.url);
  });

  test('a push that fails is tried again, later each time, and says why', async () => {
    await connect(app.url, 'dd_wrong');
    const id = await publish('Stubborn');
    const failed = (failures: number) =>
      waitUntil(
        async () => {
          await site.visit();
          return (
            Number(await site.php(`return get_post_meta(${id}, '_daily_digest_failures', true);`)) ===
            failures
          );
        },
        30_000,
        `failure ${failures}`,
      );
    const wait = async () =>
      Number(await site.php(`return wp_next_scheduled('daily_digest_sync', array(${id})) - time();`));
    await failed(1);
    expect(await wait()).toBeGreaterThan(30);
    expect(await wait()).toBeLessThanOrEqual(60);
    expect(await site.php(`return get_post_meta(${id}, '_daily_digest_error', true);`)).toMatch(/key/i);
    await site.php(`do_action('daily_digest_sync', ${id});`);
    await failed(2);
    expect(await wait()).toBeGreaterThan(240);

    await connect('http://127.0.0.1:1');
    await site.php(`do_action('daily_digest_sync', ${id});`);
    await failed(3);
    expect(await wait()).toBeGreaterThan(600);
    expect(await titled('Stubborn')).toBeUndefined();

    await connect(app.url);
    await site.php(`DailyDigest\\Push\\retry_all();`);
    await arrives('Stubborn');
    await waitUntil(
      async () => (await site.php(`return get_post_meta(${id}, '_daily_digest_error', true);`)) === '',
    );
    expect(await site.php(`return wp_next_scheduled('daily_digest_sync', array(${id}));`)).toBe(false);
  });

  test('a post that the server refuses is not tried again', async () => {
    const id = await publish('Refused');
    await arrives('Refused');
    expect(
      await site.php(`
        add_filter('daily_digest_post', static function ($data) { return array('unknown' => 1) + $data; });
        do_action('daily_digest_sync', ${id});
        return array(wp_next_scheduled('daily_digest_sync', array(${id})), get_post_meta(${id}, '_daily_digest_error', true));`),
    ).toEqual([false, expect.stringMatching(/./)]);
  });

  test('a plugin that is deactivated and deleted leaves nothing behind', async () => {
    const left = `global $wpdb; return array(
      (int) $wpdb->get_var("select count(*) from $wpdb->options where option_name like '%daily_digest%'"),
      (int) $wpdb->get_var("select count(*) from $wpdb->postmeta where meta_key like '%daily_digest%'"),
      substr_count(wp_json_encode(_get_cron_array()), 'daily_digest'));`;
    await site.php(`wp_schedule_single_event(time() + 9999, 'daily_digest_sync', array(1));`);
    const [options, meta, events] = (await site.php(left)) as number[];
    expect([options, Number(meta) > 5, Number(events) > 0]).toEqual([1, true, true]);
    await site.php(`deactivate_plugins('daily-digest/daily-digest.php');`);
    expect(await site.php(left)).toEqual([1, meta, 0]);
    await site.php(`uninstall_plugin('daily-digest/daily-digest.php');`);
    expect(await site.php(left)).toEqual([0, 0, 0]);
    expect(await site.php(`return file_get_contents(WP_DEBUG_LOG) ?: '';`)).not.toMatch(
      /plugins\/daily-digest/,
    );
  });
});
