<?php
/**
 * Plugin Name:       Daily Digest
 * Description:       A subscribe form as a block and a shortcode, and your posts in the daily e-mail as soon as you publish them.
 * Version:           0.1.0
 * Requires at least: 6.1
 * Requires PHP:      8.0
 * License:           MIT
 * License URI:       https://opensource.org/license/mit
 * Text Domain:       daily-digest
 * Domain Path:       /languages
 *
 * 1. includes/settings.php reads the one option of this plugin, and checks what an administrator enters.
 * 2. includes/api.php is the only file that sends requests to the server.
 * 3. includes/push.php notices what happens to posts, and tells the server from WordPress' cron.
 * 4. includes/post-data.php makes the server's post of a WordPress post.
 * 5. includes/form.php draws the subscribe form, for the shortcode and the block.
 * 6. includes/settings-page.php is the page under Settings.
 */

namespace DailyDigest;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const VERSION = '0.1.0';

require __DIR__ . '/includes/settings.php';
require __DIR__ . '/includes/api.php';
require __DIR__ . '/includes/post-data.php';
require __DIR__ . '/includes/push.php';
require __DIR__ . '/includes/form.php';
require __DIR__ . '/includes/settings-page.php';

add_action(
	'init',
	static function (): void {
		load_plugin_textdomain( 'daily-digest', false, basename( __DIR__ ) . '/languages' );
		Form\register();
	}
);
Push\register();
Settings_Page\register( __FILE__ );

register_deactivation_hook( __FILE__, 'DailyDigest\\Push\\forget_events' );
