<?php
/**
 * The page Settings, Daily Digest. WordPress' settings API checks the nonce and the permission when it is saved.
 */

namespace DailyDigest\Settings_Page;

use DailyDigest\Api;
use DailyDigest\Push;
use DailyDigest\Settings;

if ( ! defined( 'ABSPATH' ) ) {
	exit;
}

const PAGE       = 'daily-digest';
const RETRY      = 'daily_digest_retry';
const PERMISSION = 'manage_options';

function register( string $file ): void {
	add_action(
		'admin_init',
		static function (): void {
			// Stored without autoload: no page of the site needs the key in memory.
			add_option( Settings\OPTION, Settings\DEFAULTS, '', 'no' );
			register_setting(
				PAGE,
				Settings\OPTION,
				array(
					'type'              => 'array',
					'sanitize_callback' => 'DailyDigest\\Settings\\sanitize',
					'show_in_rest'      => false,
				)
			);
		}
	);
	add_action(
		'admin_menu',
		static function (): void {
			add_options_page( __( 'Daily Digest', 'daily-digest' ), __( 'Daily Digest', 'daily-digest' ), PERMISSION, PAGE, __NAMESPACE__ . '\\show' );
		}
	);
	add_action( 'admin_post_' . RETRY, __NAMESPACE__ . '\\retry' );
	add_filter(
		'plugin_action_links_' . plugin_basename( $file ),
		static function ( array $links ): array {
			$link = sprintf( '<a href="%s">%s</a>', esc_url( address() ), esc_html__( 'Settings', 'daily-digest' ) );
			return array_merge( array( $link ), $links );
		}
	);
}

function address(): string {
	return admin_url( 'options-general.php?page=' . PAGE );
}

/** The button of the list of failing posts. */
function retry(): void {
	check_admin_referer( RETRY );
	if ( ! current_user_can( PERMISSION ) ) {
		wp_die( esc_html__( 'You may not do this.', 'daily-digest' ), '', array( 'response' => 403 ) );
	}
	Push\retry_all();
	wp_safe_redirect( add_query_arg( 'retrying', '1', address() ) );
	exit;
}

function show(): void {
	if ( ! current_user_can( PERMISSION ) ) {
		return;
	}
	$settings    = Settings\all();
	$can_ask     = '' !== $settings['server'] && '' !== Settings\key();
	$newsletters = $can_ask ? Api\newsletters() : null;
	?>
	<div class="wrap">
		<h1><?php esc_html_e( 'Daily Digest', 'daily-digest' ); ?></h1>
		<?php
		// phpcs:ignore WordPress.Security.NonceVerification -- only shows a sentence.
		if ( isset( $_GET['retrying'] ) ) {
			notice( 'info', __( 'The posts are sent again within the next minute.', 'daily-digest' ) );
		}
		show_state( $newsletters );
		?>
		<form action="options.php" method="post" autocomplete="off">
			<?php settings_fields( PAGE ); ?>
			<table class="form-table" role="presentation">
				<tr>
					<th scope="row"><label for="daily-digest-server"><?php esc_html_e( 'Server address', 'daily-digest' ); ?></label></th>
					<td>
						<input type="url" class="regular-text code" id="daily-digest-server" name="<?php echo esc_attr( Settings\OPTION ); ?>[server]" value="<?php echo esc_url( $settings['server'] ); ?>" placeholder="https://digest.example.org" aria-describedby="daily-digest-server-hint">
						<p class="description" id="daily-digest-server-hint"><?php esc_html_e( 'Where your Daily Digest runs.', 'daily-digest' ); ?></p>
					</td>
				</tr>
				<tr>
					<th scope="row"><label for="daily-digest-key"><?php esc_html_e( 'API key', 'daily-digest' ); ?></label></th>
					<td><?php show_key( $settings ); ?></td>
				</tr>
				<tr>
					<th scope="row"><label for="daily-digest-newsletter"><?php esc_html_e( 'Newsletter', 'daily-digest' ); ?></label></th>
					<td><?php show_newsletters( $settings, $newsletters ); ?></td>
				</tr>
				<tr>
					<th scope="row"><label for="daily-digest-topics"><?php esc_html_e( 'Topics of a post', 'daily-digest' ); ?></label></th>
					<td>
						<select id="daily-digest-topics" name="<?php echo esc_attr( Settings\OPTION ); ?>[topics]">
							<?php
							foreach ( topic_words() as $value => $label ) {
								printf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $settings['topics'], $value, false ), esc_html( $label ) );
							}
							?>
						</select>
					</td>
				</tr>
			</table>
			<?php submit_button(); ?>
		</form>
		<?php show_failing(); ?>
		<h2><?php esc_html_e( 'The subscribe form', 'daily-digest' ); ?></h2>
		<p>
			<?php
			/* translators: %s: the shortcode. */
			printf( esc_html__( 'Add the block “Daily Digest form” to a page, or the shortcode %s.', 'daily-digest' ), '<code>[daily_digest_form]</code>' );
			?>
		</p>
	</div>
	<?php
}

function topic_words(): array {
	return array(
		'both'       => __( 'Categories and tags', 'daily-digest' ),
		'categories' => __( 'Categories', 'daily-digest' ),
		'tags'       => __( 'Tags', 'daily-digest' ),
		'none'       => __( 'None', 'daily-digest' ),
	);
}

function notice( string $kind, string $sentence ): void {
	printf( '<div class="notice notice-%s inline"><p>%s</p></div>', esc_attr( $kind ), esc_html( $sentence ) );
}

/** Whether posts are pushed, in one sentence. */
function show_state( $newsletters ): void {
	if ( null === $newsletters ) {
		notice( 'info', __( 'Enter the server address and an API key, and save. Then choose the newsletter.', 'daily-digest' ) );
	} elseif ( is_wp_error( $newsletters ) ) {
		/* translators: %s: the reason. */
		notice( 'error', sprintf( __( 'The server cannot be asked: %s', 'daily-digest' ), $newsletters->get_error_message() ) );
	} elseif ( ! Settings\is_complete() ) {
		notice( 'info', __( 'The server answers. Choose the newsletter, and save.', 'daily-digest' ) );
	} else {
		notice( 'success', __( 'Connected. Posts go to the newsletter when you publish them.', 'daily-digest' ) );
	}
}

/** The field never holds the key. */
function show_key( array $settings ): void {
	if ( defined( 'DAILY_DIGEST_API_KEY' ) ) {
		/* translators: %s: the name of a constant. */
		printf( '<p>' . esc_html__( 'The key is set in wp-config.php (%s).', 'daily-digest' ) . '</p>', '<code>DAILY_DIGEST_API_KEY</code>' );
		return;
	}
	$is_set = '' !== $settings['key'];
	printf(
		'<input type="password" class="regular-text code" id="daily-digest-key" name="%s[key]" value="" autocomplete="new-password" spellcheck="false" placeholder="%s" aria-describedby="daily-digest-key-hint">',
		esc_attr( Settings\OPTION ),
		$is_set ? esc_attr__( 'A key is set', 'daily-digest' ) : 'dd_…'
	);
	echo '<p class="description" id="daily-digest-key-hint">';
	if ( $is_set ) {
		esc_html_e( 'A key is set. It is not shown. Leave the field empty to keep it.', 'daily-digest' );
	} else {
		/* translators: %s: a command. */
		printf( esc_html__( 'Make one with the role editor, in the console or by %s.', 'daily-digest' ), '<code>npx daily-digest api-key create --name wordpress --role editor</code>' );
	}
	echo '</p>';
	if ( $is_set ) {
		printf( '<p><label><input type="checkbox" name="%s[forget]" value="1"> %s</label></p>', esc_attr( Settings\OPTION ), esc_html__( 'Remove the key', 'daily-digest' ) );
	}
}

function show_newsletters( array $settings, $newsletters ): void {
	$chosen  = '' === $settings['newsletter'] ? '' : $settings['newsletter'] . '/' . $settings['slug'];
	$choices = array();
	foreach ( is_array( $newsletters ) ? $newsletters : array() as $one ) {
		$choices[ $one['id'] . '/' . $one['slug'] ] = (string) $one['name'];
	}
	// The server does not answer, or the newsletter is gone: saving must not change the choice.
	if ( '' !== $chosen && ! isset( $choices[ $chosen ] ) ) {
		$choices[ $chosen ] = $settings['slug'];
	}
	printf( '<select id="daily-digest-newsletter" name="%s[newsletter]"%s>', esc_attr( Settings\OPTION ), disabled( array() === $choices, true, false ) );
	if ( '' === $chosen ) {
		printf( '<option value="">%s</option>', esc_html__( 'Choose…', 'daily-digest' ) );
	}
	foreach ( $choices as $value => $label ) {
		printf( '<option value="%s"%s>%s</option>', esc_attr( $value ), selected( $chosen, $value, false ), esc_html( $label ) );
	}
	echo '</select>';
}

function show_failing(): void {
	$posts = Push\failing( 10 );
	if ( array() === $posts ) {
		return;
	}
	?>
	<h2><?php esc_html_e( 'Posts that could not be sent', 'daily-digest' ); ?></h2>
	<p><?php esc_html_e( 'Each is tried again by itself, for about three days.', 'daily-digest' ); ?></p>
	<table class="widefat striped">
		<thead><tr><th scope="col"><?php esc_html_e( 'Post', 'daily-digest' ); ?></th><th scope="col"><?php esc_html_e( 'Reason', 'daily-digest' ); ?></th></tr></thead>
		<tbody>
			<?php foreach ( $posts as $post ) : ?>
				<tr>
					<td><a href="<?php echo esc_url( (string) get_edit_post_link( $post ) ); ?>"><?php echo esc_html( get_the_title( $post ) ); ?></a></td>
					<td><?php echo esc_html( (string) get_post_meta( $post->ID, Push\ERROR, true ) ); ?></td>
				</tr>
			<?php endforeach; ?>
		</tbody>
	</table>
	<form action="<?php echo esc_url( admin_url( 'admin-post.php' ) ); ?>" method="post">
		<input type="hidden" name="action" value="<?php echo esc_attr( RETRY ); ?>">
		<?php wp_nonce_field( RETRY ); ?>
		<?php submit_button( __( 'Try again now', 'daily-digest' ), 'secondary' ); ?>
	</form>
	<?php
}
