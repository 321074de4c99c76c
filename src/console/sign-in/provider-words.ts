// Why a sign-in through a provider did not succeed, in words. Pure.
import type { ProviderFailure } from '../../accounts/sign-in-provider.js';
import type { ProviderProofResult, ProviderSignInRefusal } from '../../accounts/sign-in-by-provider.js';
import type { MessageKey } from '../../languages/messages.js';
import type { Translator } from '../../languages/translate.js';

/** `expired`: the browser brought nothing back that we gave it, or too late. */
export type ProviderProblem =
  ProviderFailure | ProviderSignInRefusal | Extract<ProviderProofResult, { ok: false }>['code'] | 'expired';

const problems: Record<ProviderProblem, MessageKey> = {
  down: 'signIn.providerDown',
  denied: 'signIn.providerDenied',
  refused: 'signIn.providerRefused',
  expired: 'signIn.providerExpired',
  unverified: 'signIn.providerUnverified',
  'no-account': 'signIn.providerNoAccount',
  'other-person': 'signIn.providerOtherPerson',
  'another-account': 'signIn.providerAnotherAccount',
  'not-asked': 'signIn.providerNotAsked',
};

export const isProviderProblem = (name: unknown): name is ProviderProblem =>
  typeof name === 'string' && Object.hasOwn(problems, name);

export const providerProblemInWords = (
  problem: ProviderProblem,
  host: string,
  { t }: Pick<Translator, 't'>,
): string => t(problems[problem], { host });
