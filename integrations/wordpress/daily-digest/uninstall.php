<?php
/**
 * WordPress runs this file when the plugin is deleted. It removes everything that the plugin stored. Posts on the
 * server stay: readers still get the next digest.
 */

if ( ! defined( 'WP_UNINSTALL_PLUGIN' ) ) {
	exit;
}

$daily_digest_clean = static function (): void {
	delete_option( 'daily_digest_settings' );
	foreach ( array( '_daily_digest_state', '_daily_digest_failures', '_daily_digest_error', '_daily_digest_due' ) as $key ) {
		delete_post_meta_by_key( $key );
	}
	foreach ( array( 'daily_digest_sync', 'daily_digest_withdraw', 'daily_digest_sweep' ) as $hook ) {
		wp_unschedule_hook( $hook );
	}
};

if ( is_multisite() ) {
	foreach ( get_sites(
		array(
			'fields' => 'ids',
			'number' => 0,
		)
	) as $daily_digest_site ) {
		switch_to_blog( $daily_digest_site );
		$daily_digest_clean();
		restore_current_blog();
	}
} else {
	$daily_digest_clean();
}
