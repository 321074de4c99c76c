// The meaning of a DATABASE_URL. Managed databases write their URLs for libpq. Pure.

/**
 * The URL in terms of pg, whose sslmode=require would verify the certificate, and warn in ten lines. With libpq
 * it encrypts, and verifies only where sslrootcert names an authority.
 */
export function libpqUrl(url: string): string {
  const changed = new URL(url);
  const query = changed.searchParams;
  // libpq 16: the authorities of the system, and the host's name must match.
  if (query.get('sslrootcert') === 'system') {
    query.delete('sslrootcert');
    query.set('sslmode', 'verify-full');
  }
  const mode = query.get('sslmode');
  // no-verify is pg's own, and unknown to libpq.
  if (mode === null || mode === 'no-verify') return url;
  // pg cannot try without TLS when TLS fails, or the other way round.
  if (mode === 'allow') query.set('sslmode', 'prefer');
  if (mode === 'verify-ca' && !query.has('sslrootcert')) query.set('sslmode', 'verify-full');
  query.set('uselibpqcompat', 'true');
  return changed.href;
}

const certificateCodes = /CERT|SIGNED|ISSUER|UNABLE_TO_|ERR_TLS/;

/** What to do about an error of TLS; undefined: it is none. */
export function tlsAdvice(error: unknown): string | undefined {
  const { code, message } = Object(error) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && certificateCodes.test(code))
    return 'name the authority of its certificate with sslrootcert=FILE, or use sslmode=require, which does not verify';
  if (message === 'The server does not support SSL connections') return 'use sslmode=disable';
  return undefined;
}
