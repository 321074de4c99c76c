// What a provider's own name of a bounce says where the server's words say nothing. A provider has no reason to call
// an address dead that is not; yet only names that speak of the address alone are "hard". Data with the origin of
// each row. Pure.
import type { FeedbackKind } from '../read-mail.js';

export interface ProviderType {
  scheme: string;
  /** The whole name, as the scheme's file writes it into `named`. */
  pattern: RegExp;
  kind: FeedbackKind;
  origin: string;
  /** A name of this kind, as a test. */
  example: string;
}

export const providerTypes: readonly ProviderType[] = [];
