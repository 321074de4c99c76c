// Why TLS with a relay failed, in words for its operator, and what to do. Pure.
//
// OpenSSL's messages name its source files, not the fault. Its codes are stable, so the words are chosen by
// code.
import { isIP } from 'node:net';
import type { RelayConfig } from '../config/relays.js';

/** An error of Node's TLS: OpenSSL's reason, or the certificate that did not match. */
interface TlsError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
  reason?: string;
  cert?: { subjectaltname?: string; subject?: { CN?: string } };
}

/** Undefined: the error is not about TLS. */
export function tlsTrouble(config: RelayConfig, error: TlsError): string | undefined {
  const code = error.originalCode ?? error.code ?? '';
  const certificate = certificateTrouble(config, code, error);
  if (certificate !== undefined) return `the relay's TLS certificate is not trusted: ${certificate}`;
  const openssl =
    /^ERR_(SSL|OSSL|TLS)_/.test(code) || /:SSL routines:|:error:[0-9A-F]{8}:/.test(error.message);
  if (openssl) return handshakeTrouble(config, code, error);
  return error.code === 'ETLS' && error.response === undefined
    ? `the relay broke the TLS handshake off${orWithoutTls(config)}`
    : undefined;
}

/** What is wrong with the certificate, by the codes of Node and OpenSSL. */
function certificateTrouble(config: RelayConfig, code: string, error: TlsError): string | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return `it is self-signed; name its file in NODE_EXTRA_CA_CERTS${orAnyCertificate(config)}`;
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return (
        'this machine does not know the authority that issued it; ' +
        `name the authority's file in NODE_EXTRA_CA_CERTS${orAnyCertificate(config)}`
      );
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return wrongName(config, error);
    case 'CERT_HAS_EXPIRED':
      return `it has expired; renew it${orAnyCertificate(config)}`;
    case 'CERT_NOT_YET_VALID':
      return 'it is not valid yet; compare the clocks of this machine and the relay';
    case 'CERT_REVOKED':
      return 'it is revoked; renew it';
    default:
      return /^CERT_|_CERT_|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_/.test(code)
        ? `the check said ${code.toLowerCase().replaceAll('_', ' ')}${orAnyCertificate(config)}`
        : undefined;
  }
}

function wrongName({ host, tlsName }: RelayConfig, { cert }: TlsError): string {
  const names = (cert?.subjectaltname ?? cert?.subject?.CN ?? '')
    .split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter((name) => name !== '' && !name.includes(':'));
  const first = names.find((name) => !name.startsWith('*') && isIP(name) === 0);
  const held = names.length === 0 ? 'no host name' : names.slice(0, 5).join(', ');
  const advice =
    first === undefined ? 'name it by tlsName' : `if this is the right relay, use tlsName=${first}`;
  return `it is for ${held}, not for ${tlsName ?? host}; ${advice}`;
}

function handshakeTrouble(config: RelayConfig, code: string, { reason, message }: TlsError): string {
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER|HTTP_REQUEST/.test(code))
    return config.secure
      ? 'the relay does not speak TLS from the first byte on this port: use smtp://, which begins TLS by STARTTLS'
      : `the relay answered STARTTLS with something else than TLS${orWithoutTls(config)}`;
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/.test(code))
    return (
      'the relay speaks TLS 1.0 or 1.1 only, which are no longer safe (RFC 8996): ' +
      `it needs TLS 1.2 or newer${orWithoutTls(config)}`
    );
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_CIPHERS|INSUFFICIENT_SECURITY/.test(code))
    return `the relay and this machine have no TLS cipher in common${orWithoutTls(config)}`;
  if (/(DH|EE|CA)_KEY_TOO_SMALL|MD_TOO_WEAK/.test(code))
    return `the relay's TLS key or signature is too weak: it needs a new one${orWithoutTls(config)}`;
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE/.test(code))
    return 'the relay wants a client certificate, which this service does not have';
  // "…:error:0A000126:SSL routines:function:reason:file:line:"
  const why = reason ?? /:SSL routines:[^:]*:([^:]*):/.exec(message)?.[1];
  return `TLS with the relay failed${why ? ` (${why})` : ''}${orWithoutTls(config)}`;
}

/** The way out where no password is at stake. */
function orAnyCertificate({ user, tls, secure }: RelayConfig): string {
  if (user === undefined) return ', or use tls=opportunistic, which takes any certificate';
  return tls === 'opportunistic' && !secure
    ? ', or use tls=off if nobody can listen on the way to the relay'
    : '';
}

function orWithoutTls({ secure }: RelayConfig): string {
  return secure ? '' : '. Use tls=off only if nobody can listen on the way to the relay';
}
