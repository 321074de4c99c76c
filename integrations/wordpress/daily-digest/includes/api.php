<?php
/**
 * Requests to the server's API. Its description is at /api/v1/openapi.json of each server.
 */

namespace DailyDigest\Api;

use DailyDigest\Settings;
use WP_Error;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** Seconds. Cron waits this long for an answer; the settings page waits less. */
const PATIENCE = 15;

/** Answers after which the same request may succeed. 401 and 403: a person may correct the key. */
const WORTH_A_RETRY = array( 401, 403, 408, 425, 429 );

/**
 * Sends a request and returns the answer's JSON. An error's data has `status` (0: there was no answer), `retry`
 * and `retry_after` (seconds).
 *
 * @return array|WP_Error
 */
function request( string $method, string $path, ?array $body = null, int $timeout = PATIENCE ) {
	$arguments = array(
		'method'      => $method,
		'timeout'     => $timeout,
		// The key must not follow a redirect to another server.
		'redirection' => 0,
		'user-agent'  => 'daily-digest-wordpress/' . \DailyDigest\VERSION,
		'headers'     => array(
			'Authorization' => 'Bearer ' . Settings\key(),
			'Accept'        => 'application/json',
		),
	);
	if ( null !== $body ) {
		$arguments['headers']['Content-Type']    = 'application/json';
		$arguments['headers']['Idempotency-Key'] = wp_generate_uuid4();
		$arguments['body']                       = wp_json_encode( $body );
		if ( false === $arguments['body'] ) {
			return failure( 0, false, __( 'The post has text that cannot be sent.', 'daily-digest' ) );
		}
	}
	$url      = Settings\get( 'server' ) . '/api/v1' . $path;
	$response = 'POST' === $method ? wp_remote_post( $url, $arguments ) : wp_remote_request( $url, $arguments );
	if ( is_wp_error( $response ) ) {
		return failure( 0, true, $response->get_error_message() );
	}
	$status = (int) wp_remote_retrieve_response_code( $response );
	$answer = json_decode( wp_remote_retrieve_body( $response ), true );
	if ( $status >= 200 && $status < 300 ) {
		return is_array( $answer ) ? $answer : array();
	}
	$detail = is_array( $answer ) && is_string( $answer['detail'] ?? null ) ? $answer['detail'] : '';
	/* translators: %d: an HTTP status, such as 503. */
	$message = '' !== $detail ? $detail : sprintf( __( 'The server answered with status %d.', 'daily-digest' ), $status );
	return failure(
		$status,
		$status >= 500 || in_array( $status, WORTH_A_RETRY, true ),
		$message,
		(int) wp_remote_retrieve_header( $response, 'retry-after' )
	);
}

function failure( int $status, bool $retry, string $message, int $retry_after = 0 ): WP_Error {
	return new WP_Error(
		'daily_digest',
		$message,
		array(
			'status'      => $status,
			'retry'       => $retry,
			'retry_after' => $retry_after,
		)
	);
}

/**
 * The newsletters of the server, for the settings page.
 *
 * @return array|WP_Error A list of arrays with `id`, `slug` and `name`.
 */
function newsletters() {
	$answer = request( 'GET', '/newsletters?limit=100', null, 5 );
	if ( is_wp_error( $answer ) ) {
		return $answer;
	}
	$is_newsletter = static fn ( $one ): bool => is_array( $one ) && isset( $one['id'], $one['slug'], $one['name'] );
	return array_values( array_filter( is_array( $answer['data'] ?? null ) ? $answer['data'] : array(), $is_newsletter ) );
}

/** Creates or updates the post on the server. */
function push_post( array $post ) {
	return request( 'POST', '/newsletters/' . rawurlencode( Settings\get( 'newsletter' ) ) . '/posts', $post );
}

/** Takes the post back. It is no error if the server does not know it. */
function withdraw_post( string $guid ) {
	$path   = '/newsletters/' . rawurlencode( Settings\get( 'newsletter' ) ) . '/posts?guid=' . rawurlencode( $guid );
	$answer = request( 'DELETE', $path );
	return is_wp_error( $answer ) && 404 === $answer->get_error_data()['status'] ? array() : $answer;
}
