<?php
/**
 * Tells the server what happens to posts.
 *
 * 1. A hook notices that a post was published, edited, unpublished or deleted, or has more comments. It only schedules
 *    an event: the editor never waits for the server.
 * 2. WordPress' cron runs the event. It reads the post as it is then, and pushes or withdraws it. So the order of
 *    events does not matter, and a repeated event does no harm.
 * 3. A failed event is scheduled again, later each time, for about three days. The settings page shows what fails.
 *
 * 4. A cron that runs while an event is scheduled may overwrite WordPress' list of events. So each post that waits is
 *    marked, and a sweep schedules marked posts without an event once an hour.
 *
 * Posts that were published before the plugin was set up are never pushed: editing an old post must not mail it.
 */

namespace DailyDigest\Push;

use DailyDigest\Api;
use DailyDigest\Post_Data;
use DailyDigest\Settings;
use WP_Error;
use WP_Post;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** Brings one post on the server up to date. Its argument is the post's id. */
const EVENT = 'daily_digest_sync';

/** Withdraws a post that WordPress has deleted. Its arguments are the guid and the number of failures. */
const EVENT_DELETED = 'daily_digest_withdraw';

/** Schedules posts whose event was lost. */
const EVENT_SWEEP = 'daily_digest_sweep';

/** Marks a post that the server has to hear of; each change has its own value. */
const DUE = '_daily_digest_due';

/** What the server has: 'pending' (perhaps nothing yet), 'pushed' or 'withdrawn'. A post without it is not ours. */
const STATE = '_daily_digest_state';

/** The number of failures in a row, and the last reason. */
const FAILURES = '_daily_digest_failures';
const ERROR    = '_daily_digest_error';

/** Seconds before each retry: 76 hours in all. */
const RETRIES = array( 60, 300, 900, 3600, 10800, 43200, 86400, 129600 );

/** Seconds. Many comments in a few minutes are one push. */
const COMMENTS_WAIT = 300;

function register(): void {
	// After terms and the featured image are saved, in the block editor too.
	add_action( 'wp_after_insert_post', __NAMESPACE__ . '\\notice_change', 20, 4 );
	add_action( 'trashed_post', __NAMESPACE__ . '\\notice_change_of_known' );
	add_action( 'before_delete_post', __NAMESPACE__ . '\\notice_deletion' );
	add_action( 'wp_update_comment_count', __NAMESPACE__ . '\\notice_comments', 10, 3 );
	add_action( EVENT, __NAMESPACE__ . '\\sync' );
	add_action( EVENT_DELETED, __NAMESPACE__ . '\\withdraw_deleted', 10, 2 );
	add_action( EVENT_SWEEP, __NAMESPACE__ . '\\sweep' );
	add_action(
		'init',
		static function (): void {
			if ( ! wp_next_scheduled( EVENT_SWEEP ) ) {
				wp_schedule_event( time() + HOUR_IN_SECONDS, 'hourly', EVENT_SWEEP );
			}
		}
	);
}

/** True for posts of the types that are pushed. Sites with other types add them by the filter. */
function is_ours( WP_Post $post ): bool {
	return in_array( $post->post_type, (array) apply_filters( 'daily_digest_post_types', array( 'post' ) ), true );
}

/** Anybody can read it. */
function is_public( WP_Post $post ): bool {
	return 'publish' === $post->post_status && '' === $post->post_password;
}

function notice_change( int $post_id, WP_Post $post, bool $update, ?WP_Post $before ): void {
	if ( ! is_ours( $post ) || wp_is_post_revision( $post ) || wp_is_post_autosave( $post ) || ! Settings\is_complete() ) {
		return;
	}
	$is_known = '' !== (string) get_post_meta( $post_id, STATE, true );
	// An importer brings the archive, which is no news.
	$is_news = is_public( $post ) && ( null === $before || ! is_public( $before ) ) && ! defined( 'WP_IMPORTING' );
	if ( ! $is_known && ! $is_news ) {
		return;
	}
	if ( ! $is_known ) {
		update_post_meta( $post_id, STATE, 'pending' );
	}
	delete_post_meta( $post_id, FAILURES );
	schedule( $post_id );
}

function notice_change_of_known( int $post_id ): void {
	if ( '' !== (string) get_post_meta( $post_id, STATE, true ) ) {
		schedule( $post_id );
	}
}

/** The trash is emptied, or a post is deleted without it: afterwards only the event knows its guid. */
function notice_deletion( int $post_id ): void {
	$post = get_post( $post_id );
	if ( ! $post || ! in_array( get_post_meta( $post_id, STATE, true ), array( 'pending', 'pushed' ), true ) ) {
		return;
	}
	wp_clear_scheduled_hook( EVENT, array( $post_id ) );
	wp_schedule_single_event( time(), EVENT_DELETED, array( Post_Data\guid_of( $post ), 0 ) );
	run_soon();
}

function notice_comments( int $post_id, int $new, int $old ): void {
	$is_pushed = 'pushed' === get_post_meta( $post_id, STATE, true );
	if ( $new !== $old && $is_pushed && ! wp_next_scheduled( EVENT, array( $post_id ) ) ) {
		update_post_meta( $post_id, DUE, wp_generate_uuid4() );
		wp_schedule_single_event( time() + COMMENTS_WAIT, EVENT, array( $post_id ) );
	}
}

/** Replaces an event that waits for a retry. */
function schedule( int $post_id, int $delay = 0 ): void {
	wp_clear_scheduled_hook( EVENT, array( $post_id ) );
	wp_schedule_single_event( time() + $delay, EVENT, array( $post_id ) );
	if ( 0 === $delay ) {
		update_post_meta( $post_id, DUE, wp_generate_uuid4() );
		run_soon();
	}
}

/** Starts WordPress' cron when this request ends; otherwise the next visitor would. It does not wait for an answer. */
function run_soon(): void {
	if ( ! wp_doing_cron() && ! has_action( 'shutdown', 'wp_cron' ) ) {
		add_action( 'shutdown', 'wp_cron' );
	}
}

/** The event: makes the server's post what WordPress' post is now. */
function sync( int $post_id ): void {
	$post = get_post( $post_id );
	if ( ! $post || '' === (string) get_post_meta( $post_id, STATE, true ) ) {
		return;
	}
	if ( ! Settings\is_complete() ) {
		note_failure( $post_id, Api\failure( 0, true, __( 'The settings of Daily Digest are not complete.', 'daily-digest' ) ) );
		return;
	}
	$due       = get_post_meta( $post_id, DUE, true );
	$is_public = is_public( $post );
	$answer    = $is_public ? Api\push_post( Post_Data\data_of( $post ) ) : Api\withdraw_post( Post_Data\guid_of( $post ) );
	if ( is_wp_error( $answer ) ) {
		note_failure( $post_id, $answer );
		return;
	}
	update_post_meta( $post_id, STATE, $is_public ? 'pushed' : 'withdrawn' );
	delete_post_meta( $post_id, FAILURES );
	delete_post_meta( $post_id, ERROR );
	// A change during the request has another mark, which stays.
	delete_post_meta( $post_id, DUE, $due );
}

/** Schedules marked posts that no event waits for. */
function sweep(): void {
	foreach ( with_meta( DUE, 50 ) as $post ) {
		if ( ! wp_next_scheduled( EVENT, array( $post->ID ) ) ) {
			schedule( $post->ID );
		}
	}
}

/** The event of a post that is deleted. */
function withdraw_deleted( string $guid, int $failures = 0 ): void {
	$answer = Settings\is_complete() ? Api\withdraw_post( $guid ) : array();
	if ( is_wp_error( $answer ) && $answer->get_error_data()['retry'] && isset( RETRIES[ $failures ] ) ) {
		wp_schedule_single_event( time() + delay_after( $answer, $failures ), EVENT_DELETED, array( $guid, $failures + 1 ) );
	}
}

/** Seconds. The server's Retry-After counts if it is longer, up to a day. */
function delay_after( WP_Error $error, int $failures ): int {
	return max( RETRIES[ $failures ], min( DAY_IN_SECONDS, (int) $error->get_error_data()['retry_after'] ) );
}

function note_failure( int $post_id, WP_Error $error ): void {
	$failures = (int) get_post_meta( $post_id, FAILURES, true );
	update_post_meta( $post_id, FAILURES, $failures + 1 );
	update_post_meta( $post_id, ERROR, wp_slash( $error->get_error_message() ) );
	if ( $error->get_error_data()['retry'] && isset( RETRIES[ $failures ] ) ) {
		schedule( $post_id, delay_after( $error, $failures ) );
	} else {
		delete_post_meta( $post_id, DUE );
	}
}

/**
 * The posts that the server does not have as they are, the newest first.
 *
 * @return WP_Post[]
 */
function failing( int $limit ): array {
	return with_meta( ERROR, $limit );
}

/** @return WP_Post[] */
function with_meta( string $key, int $limit ): array {
	return get_posts(
		array(
			'post_type'        => 'any',
			'post_status'      => array_values( get_post_stati() ),
			'meta_key'         => $key, // phpcs:ignore WordPress.DB.SlowDBQuery
			'posts_per_page'   => $limit,
			'suppress_filters' => true,
		)
	);
}

/** Tries all failing posts again now. */
function retry_all(): void {
	foreach ( failing( -1 ) as $post ) {
		delete_post_meta( $post->ID, FAILURES );
		schedule( $post->ID );
	}
}

function forget_events(): void {
	wp_unschedule_hook( EVENT );
	wp_unschedule_hook( EVENT_DELETED );
	wp_unschedule_hook( EVENT_SWEEP );
}
