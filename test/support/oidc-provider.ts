// A real provider of OpenID Connect on this machine. It signs in whom a test names, without asking.
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider } from 'oidc-provider';
import { providerReturn } from '../../src/accounts/sign-in-provider.js';
import type { OidcConfig } from '../../src/config/oidc.js';

export interface Person {
  subject: string;
  email: string;
  isVerified: boolean;
}

export interface RunningProvider {
  oidc: OidcConfig;
  /** Who sits at the browser. Undefined: the person refuses. */
  person: Person | undefined;
  /** True: every request is answered by an error. */
  isDown: boolean;
  /** Follows an address of the provider as a browser does, until it leads away. Returns where to. */
  visit(address: string): Promise<string>;
  /** Forgets the browser's cookies at the provider. */
  forget(): void;
  close(): Promise<void>;
}

const clientId = 'daily-digest';

export async function startOidcProvider(appUrl: string): Promise<RunningProvider> {
  const clientSecret = randomBytes(24).toString('base64url');
  const server = createServer();
  await new Promise<void>((done) => {
    server.listen(0, '127.0.0.1', done);
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const people = new Map<string, Person>();
  const provider = new Provider(issuer, {
    clients: [
      { client_id: clientId, client_secret: clientSecret, redirect_uris: [`${appUrl}${providerReturn}`] },
    ],
    jwks: {
      keys: [generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })],
    },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({
        sub: id,
        email: people.get(id)?.email,
        email_verified: people.get(id)?.isVerified,
      }),
    }),
    // Everybody has agreed to everything.
    async loadExistingGrant({ oidc: { session, client } }) {
      const grant = new provider.Grant({
        clientId: client?.clientId ?? '',
        accountId: session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  let cookies = new Map<string, string>();
  const running: RunningProvider = {
    oidc: { issuer, clientId, clientSecret },
    person: undefined,
    isDown: false,
    async visit(address) {
      let at = address;
      while (at.startsWith(issuer)) {
        const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
        const response = await fetch(at, { redirect: 'manual', headers: { cookie } });
        const text = await response.text();
        for (const set of response.headers.getSetCookie()) {
          const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
          if (value === '') cookies.delete(name);
          else cookies.set(name, value);
        }
        const to = response.headers.get('location');
        if (to === null) throw new Error(`the provider answered ${response.status}: ${text.slice(0, 400)}`);
        at = new URL(to, at).href;
      }
      return at;
    },
    forget() {
      cookies = new Map();
    },
    async close() {
      server.closeAllConnections();
      await new Promise((done) => {
        server.close(done);
      });
    },
  };
  server.on('request', (request, response) => {
    if (running.isDown) return void response.writeHead(503).end();
    if (!request.url?.startsWith('/interaction/')) return void answer(request, response);
    const { person } = running;
    if (person) people.set(person.subject, person);
    const result = person
      ? { login: { accountId: person.subject } }
      : { error: 'access_denied', error_description: 'the person refused' };
    void provider.interactionFinished(request, response, result);
  });
  return running;
}
