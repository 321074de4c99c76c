// Turns an error of the newsletter's schema into a usage error that names the option.
import type { ZodError } from 'zod';
import { UsageError } from '../command.js';

const optionOf: Record<string, string> = {
  'from.address': 'from-address',
  'from.name': 'from-name',
  siteUrl: 'site-url',
  privacyUrl: 'privacy-url',
  replyTo: 'reply-to',
  postalAddress: 'postal-address',
};

/** Names the option that set the first wrong value. */
export function usageOf(error: ZodError): UsageError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).filter((part) => typeof part !== 'number').join('.');
  const last = path.split('.').at(-1) ?? '';
  const option = optionOf[path] ?? last.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return new UsageError(`--${option}: ${issue?.message ?? 'is not valid'}`);
}
