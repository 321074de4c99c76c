<?php
/**
 * The plugin's settings, in one option. It is an array so that WordPress' list of all options (options.php) does not
 * show the API key, and it is not loaded with every page.
 */

namespace DailyDigest\Settings;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const OPTION = 'daily_digest_settings';

/** What a post's topics are made of. */
const TOPIC_SOURCES = array( 'both', 'categories', 'tags', 'none' );

const DEFAULTS = array(
	'server'     => '',
	'key'        => '',
	'newsletter' => '',
	'slug'       => '',
	'topics'     => 'both',
);

/** All settings. `newsletter` is the id that the API takes, `slug` the name in the newsletter's addresses. */
function all(): array {
	$stored = get_option( OPTION );
	return array_merge( DEFAULTS, is_array( $stored ) ? array_intersect_key( $stored, DEFAULTS ) : array() );
}

function get( string $name ): string {
	return (string) all()[ $name ];
}

/** The API key. A constant in wp-config.php keeps it out of the database. */
function key(): string {
	return defined( 'DAILY_DIGEST_API_KEY' ) ? (string) \DAILY_DIGEST_API_KEY : get( 'key' );
}

/** True if posts can be pushed. */
function is_complete(): bool {
	return '' !== get( 'server' ) && '' !== key() && '' !== get( 'newsletter' );
}

/** The server's address without a slash at its end; empty if it is no http or https address. */
function clean_server( string $given ): string {
	$url   = untrailingslashit( esc_url_raw( trim( $given ), array( 'http', 'https' ) ) );
	$parts = wp_parse_url( $url );
	if ( empty( $parts['host'] ) || isset( $parts['user'] ) || isset( $parts['query'] ) || isset( $parts['fragment'] ) ) {
		return '';
	}
	return $url;
}

/**
 * Checks the settings page's input. An empty key keeps the stored one, because the page never shows it. A key is
 * never sent to another server than the one that it was entered for.
 */
function sanitize( $input ): array {
	$old   = all();
	$input = is_array( $input ) ? $input : array();
	$text  = static fn ( string $name ): string => is_string( $input[ $name ] ?? null ) ? trim( $input[ $name ] ) : '';
	$new   = $old;

	$server = clean_server( $text( 'server' ) );
	if ( '' === $server && '' !== $text( 'server' ) ) {
		add_settings_error( OPTION, 'server', __( 'The server address must begin with http:// or https://, such as https://digest.example.org. The old address is kept.', 'daily-digest' ) );
	} else {
		$new['server'] = $server;
	}

	$key = $text( 'key' );
	if ( '' !== $key && ! preg_match( '/^dd_[\x21-\x7e]{1,200}$/', $key ) ) {
		add_settings_error( OPTION, 'key', __( 'An API key begins with dd_. The old key is kept.', 'daily-digest' ) );
		$key = '';
	}
	if ( '' !== $key ) {
		$new['key'] = $key;
	} elseif ( '' !== $old['key'] && ( $new['server'] !== $old['server'] || ! empty( $input['forget'] ) ) ) {
		$new['key'] = '';
		if ( $new['server'] !== $old['server'] ) {
			add_settings_error( OPTION, 'key', __( 'The server address is new, so the API key was removed. Enter the key of the new server.', 'daily-digest' ), 'warning' );
		}
	}

	// The choice holds both names, so that saving needs no request.
	if ( preg_match( '~^([1-9][0-9]{0,18})/([a-z0-9][a-z0-9-]{0,99})$~', $text( 'newsletter' ), $match ) ) {
		list( , $new['newsletter'], $new['slug'] ) = $match;
	}
	if ( $new['server'] !== $old['server'] ) {
		$new['newsletter'] = '';
		$new['slug']       = '';
	}
	if ( in_array( $text( 'topics' ), TOPIC_SOURCES, true ) ) {
		$new['topics'] = $text( 'topics' );
	}
	return $new;
}
