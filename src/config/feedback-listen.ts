// FEEDBACK_LISTEN, for environment.ts: where the listener takes mail that comes back. Pure.
import { readUrl, wrong } from './values.js';

export interface FeedbackListen {
  protocol: 'smtp' | 'lmtp';
  host: string;
  port: number;
  /** PEM files for STARTTLS; undefined: it is not offered. */
  tls: { cert: string; key: string } | undefined;
}

const wanted =
  'smtp://host:port or lmtp://host:port, such as smtp://0.0.0.0:2525, with ?cert=FILE&key=FILE for STARTTLS';

export function readFeedbackListen(text: string): FeedbackListen {
  const refuse = (): never => wrong('FEEDBACK_LISTEN', text, wanted);
  const url = readUrl('FEEDBACK_LISTEN', text, ['smtp:', 'lmtp:'], wanted);
  const options = new Map(url.searchParams);
  const [cert, key] = [options.get('cert') ?? '', options.get('key') ?? ''];
  const isUnknown = [...options.keys()].some((name) => name !== 'cert' && name !== 'key');
  if (url.port === '' || url.username !== '' || isUnknown || (cert === '') !== (key === '')) refuse();
  return {
    protocol: url.protocol === 'lmtp:' ? 'lmtp' : 'smtp',
    host: url.hostname.replaceAll(/^\[|\]$/g, ''),
    port: Number(url.port),
    tls: cert === '' ? undefined : { cert, key },
  };
}
