// Does a browser's part in a session: keeps cookies and fills in the served forms.
import { createAccount } from '../../src/accounts/create-account.js';
import type { Role } from '../../src/accounts/permission.js';
import type { Database } from '../../src/db.js';

export const password = 'correct horse battery';

export interface Page {
  status: number;
  headers: Headers;
  text: string;
  /** The target of a redirect. */
  location: string | null;
}

export interface Visitor {
  get(path: string): Promise<Page>;
  /** Posts the fields, with the token of the last page's forms unless `csrf` is given. */
  post(path: string, fields?: Record<string, string | File>, headers?: Record<string, string>): Promise<Page>;
  signIn(email: string, given?: string): Promise<Page>;
  cookies: Map<string, string>;
}

/** Sends a form as a browser does: as multipart if it has a file field. */
function bodyOf(fields: Record<string, string | File>): URLSearchParams | FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields))
    form.append(name, name === 'file' && value === '' ? new File([], '') : value);
  return 'file' in fields ? form : new URLSearchParams(fields as Record<string, string>);
}

export function visitor(url: string): Visitor {
  const cookies = new Map<string, string>();
  let csrf = '';
  const go = async (path: string, init: RequestInit): Promise<Page> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(`${url}${path}`, {
      ...init,
      redirect: 'manual',
      headers: { accept: 'text/html', cookie, ...(init.headers as Record<string, string>) },
    });
    for (const set of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const text = await response.text();
    csrf = /name="csrf" value="([^"]+)"/.exec(text)?.[1] ?? csrf;
    return {
      status: response.status,
      headers: response.headers,
      text,
      location: response.headers.get('location'),
    };
  };
  const self: Visitor = {
    cookies,
    get: (path) => go(path, {}),
    post: (path, fields = {}, headers = {}) =>
      go(path, { method: 'POST', body: bodyOf({ csrf, ...fields }), headers: { origin: url, ...headers } }),
    async signIn(email, given = password) {
      await self.get('/console/sign-in');
      return self.post('/console/sign-in', { email, password: given });
    },
  };
  return self;
}

export async function makeAccount(db: Database, role: Role): Promise<string> {
  const email = `${role}@example.org`;
  await createAccount({ db }, { email, password, role });
  return email;
}
