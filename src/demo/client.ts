// The HTTP API, as a script uses it.
import { randomUUID } from 'node:crypto';

export interface Client {
  /** Calls /api/v1. Throws with the problem's detail if the call fails. */
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
      const answered = (await answer.json()) as { detail?: string };
      if (!answer.ok)
        throw new Error(`${method} /api/v1/${path} → ${answer.status}: ${answered.detail ?? ''}`);
      return answered;
    },
  };
}
