import type { SignInProvider } from '../accounts/sign-in-provider.js';
import type { SignInLimits } from '../accounts/limits.js';
import type { ApiDeps } from '../api/deps.js';
import type { ImageServer } from '../images/serve-image.js';
import type { Sending } from './first-run/sender-advice.js';

/** The dependencies of the console: those of the API, and the limits for signing in. */
export interface ConsoleDeps extends ApiDeps {
  /** True if no DKIM key signs mail from this domain, and the relays do not sign either. */
  goesUnsigned: (domain: string) => boolean;
  limits: SignInLimits;
  /** Through which accounts may sign in; undefined: here only. */
  provider: SignInProvider | undefined;
  /** Thumbnails: no page asks another site for a picture. */
  images: ImageServer;
  /** What the console checks when a test mail fails. */
  sending: Sending;
  /** The ways in for what comes back, besides the hooks of relays. */
  waysIn: { mailbox: string | undefined; listener: string | undefined };
}
