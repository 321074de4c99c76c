// Why TLS with a relay failed, in words for its operator, and what to do. Pure.
//
// OpenSSL's messages name its source files, not the fault. Its codes are stable, so the words are chosen by
// code.
import { isIP } from 'node:net';
import type { RelayConfig } from '../config/relays.js';
import type { Message, Said } from '../languages/messages.js';

/** An error of Node's TLS: OpenSSL's reason, or the certificate that did not match. */
interface TlsError extends Error {
  code?: string | undefined;
  originalCode?: string | undefined;
  response?: string | undefined;
  reason?: string;
  cert?: { subjectaltname?: string; subject?: { CN?: string } };
}

/** Undefined: the error is not about TLS. */
export function tlsTrouble(config: RelayConfig, error: TlsError): Message | undefined {
  const code = error.originalCode ?? error.code ?? '';
  const certificate = certificateTrouble(config, code, error);
  if (certificate !== undefined) return { key: 'doctor.certificate', args: { why: certificate } };
  const openssl =
    /^ERR_(SSL|OSSL|TLS)_/.test(code) || /:SSL routines:|:error:[0-9A-F]{8}:/.test(error.message);
  if (openssl) return handshakeTrouble(config, code, error);
  return error.code === 'ETLS' && error.response === undefined
    ? { key: 'doctor.tlsBroken', args: { orElse: orWithoutTls(config) } }
    : undefined;
}

/** What is wrong with the certificate, by the codes of Node and OpenSSL. */
function certificateTrouble(config: RelayConfig, code: string, error: TlsError): Message | undefined {
  const orElse = orAnyCertificate(config);
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return { key: 'doctor.certSelfSigned', args: { orElse } };
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return { key: 'doctor.certUnknown', args: { orElse } };
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return wrongName(config, error);
    case 'CERT_HAS_EXPIRED':
      return { key: 'doctor.certExpired', args: { orElse } };
    case 'CERT_NOT_YET_VALID':
      return { key: 'doctor.certEarly' };
    case 'CERT_REVOKED':
      return { key: 'doctor.certRevoked' };
    default:
      return /^CERT_|_CERT_|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_/.test(code)
        ? { key: 'doctor.certOther', args: { code: code.toLowerCase().replaceAll('_', ' '), orElse } }
        : undefined;
  }
}

function wrongName({ host, tlsName }: RelayConfig, { cert }: TlsError): Message {
  const names = (cert?.subjectaltname ?? cert?.subject?.CN ?? '')
    .split(', ')
    .map((name) => name.replace(/^(DNS|IP Address):/, ''))
    .filter((name) => name !== '' && !name.includes(':'));
  const first = names.find((name) => !name.startsWith('*') && isIP(name) === 0);
  const held: Said = names.length === 0 ? { key: 'doctor.noHostName' } : names.slice(0, 5).join(', ');
  const args = { held, host: tlsName ?? host };
  return first === undefined
    ? { key: 'doctor.certName', args }
    : { key: 'doctor.certNameIs', args: { ...args, first } };
}

function handshakeTrouble(config: RelayConfig, code: string, { reason, message }: TlsError): Message {
  const orElse = orWithoutTls(config);
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|RECORD_LAYER|HTTP_REQUEST/.test(code))
    return config.secure ? { key: 'doctor.tlsNotAtOnce' } : { key: 'doctor.tlsNotSpoken', args: { orElse } };
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|VERSION_TOO_LOW/.test(code))
    return { key: 'doctor.tlsOld', args: { orElse } };
  if (/HANDSHAKE_FAILURE|NO_SHARED_CIPHER|NO_CIPHERS|INSUFFICIENT_SECURITY/.test(code))
    return { key: 'doctor.tlsCipher', args: { orElse } };
  if (/(DH|EE|CA)_KEY_TOO_SMALL|MD_TOO_WEAK/.test(code)) return { key: 'doctor.tlsWeak', args: { orElse } };
  if (/CERTIFICATE_REQUIRED|BAD_CERTIFICATE/.test(code)) return { key: 'doctor.tlsClient' };
  // "…:error:0A000126:SSL routines:function:reason:file:line:"
  const why = reason ?? /:SSL routines:[^:]*:([^:]*):/.exec(message)?.[1];
  return why
    ? { key: 'doctor.tlsFailedWith', args: { why, orElse } }
    : { key: 'doctor.tlsFailed', args: { orElse } };
}

/** The way out where no password is at stake. */
function orAnyCertificate({ user, tls, secure }: RelayConfig): Said {
  if (user === undefined) return { key: 'doctor.orAnyCertificate' };
  return tls === 'opportunistic' && !secure ? { key: 'doctor.orNoTls' } : '';
}

function orWithoutTls({ secure }: RelayConfig): Said {
  return secure ? '' : { key: 'doctor.onlyNoTls' };
}
