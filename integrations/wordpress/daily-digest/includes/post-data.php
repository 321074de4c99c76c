<?php
/**
 * Makes the server's post of a WordPress post: topics, picture, comment count and the rendered text.
 */

namespace DailyDigest\Post_Data;

use DailyDigest\Form;
use DailyDigest\Settings;
use WP_Post;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

/** The server's limits, in characters. */
const MOST_HTML    = 1000000;
const MOST_TITLE   = 1000;
const MOST_EXCERPT = 10000;
const MOST_TOPICS  = 50;

/** The name under which the server knows the post. It never changes, and it is the one in WordPress' own feed. */
function guid_of( WP_Post $post ): string {
	return html_entity_decode( (string) get_the_guid( $post ), ENT_QUOTES, 'UTF-8' );
}

function data_of( WP_Post $post ): array {
	$author = get_userdata( (int) $post->post_author );
	$html   = html_of( $post );
	$data   = array(
		'guid'         => guid_of( $post ),
		'url'          => get_permalink( $post ),
		'title'        => mb_substr( plain( get_the_title( $post ) ), 0, MOST_TITLE ),
		'author'       => $author ? mb_substr( $author->display_name, 0, 300 ) : '',
		'topics'       => topics_of( $post ),
		'commentCount' => (int) get_comments_number( $post ),
		'publishedAt'  => gmdate( 'Y-m-d\TH:i:s\Z', (int) get_post_timestamp( $post ) ),
	);
	if ( '' === $data['title'] ) {
		// Quotes and asides often have no title.
		$data['title'] = wp_trim_words( plain( $html ), 12 );
	}
	if ( '' === $data['title'] ) {
		$data['title'] = get_the_date( '', $post );
	}
	if ( comments_open( $post ) || $data['commentCount'] > 0 ) {
		$data['commentsUrl'] = get_comments_link( $post );
	}
	if ( mb_strlen( $html ) <= MOST_HTML ) {
		$data['html'] = $html;
	} else {
		$data['text'] = mb_substr( plain( $html ), 0, MOST_HTML );
	}
	if ( has_excerpt( $post ) ) {
		$data['excerpt'] = mb_substr( plain( $post->post_excerpt ), 0, MOST_EXCERPT );
	}
	$image = image_of( $post );
	if ( null !== $image ) {
		$data['image'] = $image;
	}
	/**
	 * Filters what is pushed. The fields are those of POST newsletters/:id/posts in the server's API.
	 *
	 * @param array   $data The post as the server gets it.
	 * @param WP_Post $post The post.
	 */
	return (array) apply_filters( 'daily_digest_post', $data, $post );
}

function plain( string $html ): string {
	$text = html_entity_decode( wp_strip_all_tags( $html ), ENT_QUOTES | ENT_HTML5, 'UTF-8' );
	return trim( preg_replace( '/\s+/u', ' ', $text ) ?? '' );
}

/** The text as the post's page shows it, without subscribe forms. */
function html_of( WP_Post $post ): string {
	$before          = $GLOBALS['post'] ?? null;
	$GLOBALS['post'] = $post; // phpcs:ignore WordPress.WP.GlobalVariablesOverride -- filters of the_content read it.
	setup_postdata( $post );
	Form\pause( true );
	try {
		return (string) apply_filters( 'the_content', $post->post_content );
	} finally {
		Form\pause( false );
		$GLOBALS['post'] = $before; // phpcs:ignore WordPress.WP.GlobalVariablesOverride
		if ( $before instanceof WP_Post ) {
			setup_postdata( $before );
		}
	}
}

/** Names of categories and tags. The default category says nothing if it still has WordPress' own name. */
function topics_of( WP_Post $post ): array {
	$source     = Settings\get( 'topics' );
	$taxonomies = array();
	if ( in_array( $source, array( 'both', 'categories' ), true ) ) {
		$taxonomies[] = 'category';
	}
	if ( in_array( $source, array( 'both', 'tags' ), true ) ) {
		$taxonomies[] = 'post_tag';
	}
	$names = array();
	foreach ( $taxonomies as $taxonomy ) {
		$terms = get_the_terms( $post, $taxonomy );
		foreach ( is_array( $terms ) ? $terms : array() as $term ) {
			$is_default = 'category' === $taxonomy && (int) get_option( 'default_category' ) === $term->term_id;
			// phpcs:ignore WordPress.WP.I18n.MissingArgDomain -- WordPress' own word.
			if ( $is_default && in_array( $term->slug, array( 'uncategorized', sanitize_title( __( 'Uncategorized' ) ) ), true ) ) {
				continue;
			}
			$names[] = mb_substr( plain( $term->name ), 0, 100 );
		}
	}
	return array_slice( array_values( array_unique( array_filter( $names, 'strlen' ) ) ), 0, MOST_TOPICS );
}

/** The featured image; null: the server finds one in the text. */
function image_of( WP_Post $post ): ?array {
	$id     = get_post_thumbnail_id( $post );
	$source = $id ? wp_get_attachment_image_src( $id, 'large' ) : false;
	if ( ! $source || ! preg_match( '~^https?://~i', $source[0] ) ) {
		return null;
	}
	$image = array( 'url' => $source[0] );
	if ( $source[1] > 0 && $source[2] > 0 ) {
		$image['width']  = (int) $source[1];
		$image['height'] = (int) $source[2];
	}
	$alt = plain( (string) get_post_meta( $id, '_wp_attachment_image_alt', true ) );
	if ( '' !== $alt ) {
		$image['alt'] = mb_substr( $alt, 0, 1000 );
	}
	return $image;
}
