// The product's own HTTP, as a script or a reader uses it.
import { randomUUID } from 'node:crypto';

export interface Client {
  /** A call of /api/v1; throws with the problem's own words unless it succeeds. */
  api(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown>;
}

export function openClient(baseUrl: string, apiKey: string): Client {
  return {
    async api(method, path, body) {
      const answer = await fetch(`${baseUrl}/api/v1/${path}`, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          ...(method === 'POST'
            ? { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
            : {}),
        },
        ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}),
      });
      const said = (await answer.json()) as { detail?: string };
      if (!answer.ok) throw new Error(`${method} /api/v1/${path} → ${answer.status}: ${said.detail ?? ''}`);
      return said;
    },
  };
}
