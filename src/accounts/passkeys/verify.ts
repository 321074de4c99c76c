// Verifies what a browser brings from an authenticator (WebAuthn level 3 sections 7.1 and 7.2). The only importer of
// @simplewebauthn/server, which is loaded at the first use: it takes 25 MB and 0.2 s.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { Log } from '../../log.js';
import type { Secrets } from '../../secrets.js';
import { readChallenge, type PasskeyChallenge } from './challenge.js';
import { algorithms, rpIdOf } from './options.js';
import type { PasskeyRow } from './store.js';

interface Deps {
  now: () => Date;
  log: Log;
  secrets: Secrets;
  baseUrl: string;
}

/** Section 7.1, step 25. */
const longestId = 1023;

/** The credential of a form. Undefined: the field holds none. */
export function readCredential(field: string): { id: Buffer; answer: object } | undefined {
  try {
    const answer: unknown = JSON.parse(field);
    if (typeof answer !== 'object' || answer === null || !('id' in answer)) return undefined;
    return typeof answer.id === 'string' ? { id: Buffer.from(answer.id, 'base64url'), answer } : undefined;
  } catch {
    return undefined;
  }
}

/** What the answer must hold, and the challenge that it signed once the library has asked for it. */
function expected({ baseUrl, secrets, now }: Deps, holder: string) {
  const signed: { challenge?: PasskeyChallenge | undefined } = {};
  return {
    signed,
    expectedOrigin: new URL(baseUrl).origin,
    expectedChallenge(challenge: string): boolean {
      signed.challenge = readChallenge(secrets.derive('passkeys'), { challenge, holder }, now());
      return signed.challenge !== undefined;
    },
  };
}

/** The library throws for everything that a stranger can send. The log says why, for example another origin than BASE_URL. */
async function orUndefined<T>({ log }: Deps, verify: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await verify();
  } catch (error) {
    log.info({ reason: String(error) }, 'console: a passkey was refused');
    return undefined;
  }
}

export interface NewCredential extends Pick<PasskeyRow, 'id' | 'publicKey' | 'transports' | 'rpId'> {
  counter: number;
  challenge: PasskeyChallenge;
}

/** Undefined: refused. */
export async function verifyNew(
  deps: Deps,
  { answer, holder }: { answer: object; holder: string },
): Promise<NewCredential | undefined> {
  const rpId = rpIdOf(deps);
  if (rpId === undefined) return undefined;
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { signed, ...rest } = expected(deps, holder);
  return orUndefined(deps, async () => {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: answer as RegistrationResponseJSON,
      expectedRPID: rpId,
      supportedAlgorithmIDs: algorithms,
      ...rest,
    });
    if (!verified || !registrationInfo || !signed.challenge) return undefined;
    const { id, publicKey, counter, transports = [] } = registrationInfo.credential;
    const bytes = Buffer.from(id, 'base64url');
    if (bytes.length > longestId) return undefined;
    return {
      id: bytes,
      publicKey: Buffer.from(publicKey),
      counter,
      transports: transports.filter((name) => /^[a-z-]{1,20}$/.test(name)).slice(0, 8),
      rpId,
      challenge: signed.challenge,
    };
  });
}

/** Undefined: refused. The counter is not compared: only the database can, once for two answers at the same time. */
export async function verifyUse(
  deps: Deps,
  { answer, holder, passkey }: { answer: object; holder: string; passkey: PasskeyRow },
): Promise<{ counter: number; challenge: PasskeyChallenge } | undefined> {
  const rpId = rpIdOf(deps);
  if (rpId === undefined) return undefined;
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { signed, ...rest } = expected(deps, holder);
  return orUndefined(deps, async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: answer as AuthenticationResponseJSON,
      expectedRPID: rpId,
      credential: {
        id: passkey.id.toString('base64url'),
        publicKey: new Uint8Array(passkey.publicKey),
        counter: 0,
      },
      requireUserVerification: true,
      ...rest,
    });
    return verified && signed.challenge
      ? { counter: authenticationInfo.newCounter, challenge: signed.challenge }
      : undefined;
  });
}
