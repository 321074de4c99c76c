// An authenticator in software, with the part of the browser that writes what it signs. Each of its answers may be wrong in
// one way.
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

interface Options {
  challenge: string;
  rpId?: string;
  rp?: { id: string };
}

/** What an answer says instead of the truth. */
export interface Lies {
  origin?: string;
  rpId?: string;
  challenge?: string;
  isVerified?: boolean;
  counter?: number;
}

export interface SoftwareAuthenticator {
  id: string;
  make(options: Options, lies?: Lies): string;
  use(options: Options, lies?: Lies): string;
}

const sha256 = (data: string | Buffer): Buffer => createHash('sha256').update(data).digest();

export function softwareAuthenticator(origin: string): SoftwareAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const id = randomBytes(32);
  let counter = 0;
  // WebAuthn section 6.1: the flags are user present, user verified, and attested credential data included.
  const authenticatorData = (rpId: string, lies: Lies, attested?: Buffer): Buffer => {
    const numbers = Buffer.alloc(5);
    numbers[0] = 0x01 | (lies.isVerified === false ? 0 : 0x04) | (attested ? 0x40 : 0);
    numbers.writeUInt32BE(lies.counter ?? ++counter, 1);
    return Buffer.concat([sha256(lies.rpId ?? rpId), numbers, ...(attested ? [attested] : [])]);
  };
  const clientData = (type: string, challenge: string, lies: Lies): Buffer =>
    Buffer.from(
      JSON.stringify({ type, challenge: lies.challenge ?? challenge, origin: lies.origin ?? origin }),
    );
  const answer = (response: object): string =>
    JSON.stringify({
      id: id.toString('base64url'),
      rawId: id.toString('base64url'),
      type: 'public-key',
      clientExtensionResults: {},
      response,
    });
  return {
    id: id.toString('base64url'),
    make({ challenge, rp }, lies = {}) {
      // COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
      const key = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ]);
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, key]);
      const data = authenticatorData(rp?.id ?? '', lies, attested);
      // CBOR: {"fmt": "none", "attStmt": {}, "authData": data}.
      const attestationObject = Buffer.concat([
        Buffer.from('a363666d74646e6f6e656761747453746d74a068617574684461746158', 'hex'),
        Buffer.from([data.length]),
        data,
      ]);
      return answer({
        clientDataJSON: clientData('webauthn.create', challenge, lies).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
        transports: ['internal'],
      });
    },
    use({ challenge, rpId = '' }, lies = {}) {
      const client = clientData('webauthn.get', challenge, lies);
      const data = authenticatorData(rpId, lies);
      return answer({
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', Buffer.concat([data, sha256(client)]), privateKey).toString('base64url'),
        userHandle: null,
      });
    },
  };
}
