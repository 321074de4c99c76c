<?php
/**
 * The subscribe form: [daily_digest_form] and the block daily-digest/subscribe. It is the code that the server offers
 * at /n/SLUG/embed, in three variants:
 *
 * - script: the server's script draws the form. Without JavaScript, a reader gets the plain form.
 * - plain:  a plain form that only asks for the address, and needs no script.
 * - frame:  the server's form in a frame.
 */

namespace DailyDigest\Form;

use DailyDigest\Settings;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const VARIANTS = array( 'script', 'plain', 'frame' );

/** The parameter with which the server's redirect comes back to a page with the plain form. */
const THANKS = 'daily-digest';

function register(): void {
	add_shortcode( 'daily_digest_form', __NAMESPACE__ . '\\render' );
	wp_register_script(
		'daily-digest-block',
		plugins_url( 'block/editor.js', __DIR__ ),
		array( 'wp-blocks', 'wp-element', 'wp-block-editor', 'wp-components' ),
		\DailyDigest\VERSION,
		true
	);
	wp_add_inline_script( 'daily-digest-block', 'window.dailyDigestBlock = ' . wp_json_encode( editor_words() ) . ';', 'before' );
	register_block_type( dirname( __DIR__ ) . '/block', array( 'render_callback' => __NAMESPACE__ . '\\render' ) );
}

/** The editor's words come from PHP, so that one catalogue has them all. */
function editor_words(): array {
	return array(
		'title'       => __( 'Daily Digest form', 'daily-digest' ),
		'description' => __( 'Readers subscribe to your newsletter here.', 'daily-digest' ),
		'variant'     => __( 'Kind of form', 'daily-digest' ),
		'script'      => __( 'Everything the newsletter asks for', 'daily-digest' ),
		'plain'       => __( 'Only the e-mail address, without a script', 'daily-digest' ),
		'frame'       => __( 'In a frame, separate from the styles of this site', 'daily-digest' ),
		'placeholder' => __( 'The subscribe form appears here on your site.', 'daily-digest' ),
		'missing'     => __( 'Choose a newsletter under Settings, Daily Digest first.', 'daily-digest' ),
		'ready'       => '' !== Settings\get( 'slug' ),
	);
}

/** While a post is pushed, forms draw nothing: a form in a mail leads nowhere. */
function pause( ?bool $pause = null ): bool {
	static $is_paused = false;
	$is_paused        = $pause ?? $is_paused;
	return $is_paused;
}

/**
 * The HTML of the form, for the shortcode and the block.
 *
 * @param array|string $attributes `variant`, and `newsletter` for another newsletter than that of the settings.
 */
function render( $attributes = array() ): string {
	$attributes = is_array( $attributes ) ? $attributes : array();
	$variant    = in_array( $attributes['variant'] ?? '', VARIANTS, true ) ? $attributes['variant'] : 'script';
	$slug       = (string) ( $attributes['newsletter'] ?? '' );
	$slug       = preg_match( '/^[a-z0-9][a-z0-9-]{0,99}$/', $slug ) ? $slug : Settings\get( 'slug' );
	if ( pause() || is_feed() ) {
		return '';
	}
	if ( '' === $slug || '' === Settings\get( 'server' ) ) {
		return current_user_can( 'manage_options' )
			? '<p>' . esc_html__( 'Choose a newsletter under Settings, Daily Digest first.', 'daily-digest' ) . '</p>'
			: '';
	}
	$page = Settings\get( 'server' ) . '/n/' . $slug;
	$html = array(
		'script' => static fn (): string => script_html( $page ),
		'plain'  => static fn (): string => plain_html( $page ),
		'frame'  => static fn (): string => frame_html( $page ),
	)[ $variant ]();
	return '<div class="daily-digest-form">' . $html . '</div>';
}

function script_html( string $page ): string {
	$script = wp_get_script_tag(
		array(
			'src'   => esc_url( $page . '/embed.js' ),
			'async' => true,
		)
	);
	// Not wp_enqueue_script: the form appears where the script's element stands.
	return $script . '<noscript>' . plain_html( $page ) . '</noscript>';
}

function frame_html( string $page ): string {
	return sprintf(
		'<iframe src="%s" title="%s" width="100%%" height="480" style="border:0" loading="lazy"></iframe>',
		esc_url( $page . '/embed?frame=1' ),
		esc_attr__( 'Subscribe to the newsletter', 'daily-digest' )
	);
}

function plain_html( string $page ): string {
	// phpcs:ignore WordPress.Security.NonceVerification -- only chooses a sentence; nothing changes.
	if ( 'thanks' === ( $_GET[ THANKS ] ?? '' ) ) {
		return '<p role="status">' . esc_html__( 'Thank you. Please look into your inbox: we have sent you a mail with a link that confirms your subscription.', 'daily-digest' ) . '</p>';
	}
	$id   = wp_unique_id( 'daily-digest-email-' );
	$here = get_permalink();
	return sprintf(
		'<form action="%1$s" method="post" accept-charset="utf-8">'
		. '<p><label for="%2$s">%3$s</label><br>'
		. '<input type="email" id="%2$s" name="email" dir="ltr" required maxlength="254" autocomplete="email"></p>'
		// A closed dialog is invisible without a style. A program fills in its field, and the server then knows it.
		. '<dialog><label>%4$s <input name="website" tabindex="-1" autocomplete="off"></label></dialog>'
		. '%5$s<p>%6$s</p><p><button type="submit" class="wp-element-button">%7$s</button></p></form>',
		esc_url( $page . '/subscribe' ),
		esc_attr( $id ),
		esc_html__( 'E-mail address', 'daily-digest' ),
		esc_html__( 'Leave this field empty', 'daily-digest' ),
		// The server follows it if it is on the newsletter's own site, and shows a page of its own otherwise.
		$here ? sprintf( '<input type="hidden" name="redirect" value="%s">', esc_url( add_query_arg( THANKS, 'thanks', $here ) ) ) : '',
		esc_html__( 'We will ask you to confirm by e-mail. You can unsubscribe with one click in every mail.', 'daily-digest' ),
		esc_html__( 'Subscribe', 'daily-digest' )
	);
}
