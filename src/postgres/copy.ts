// Tables as streams, over a connection of their own: PostgreSQL's COPY.
import type { Readable, Writable } from 'node:stream';
import pg from 'pg';
import { from, to } from 'pg-copy-streams';
import { libpqUrl } from './url.js';

export interface CopyConnection {
  /** Runs one statement. The rows have the statement's column names. */
  query<Row extends object>(text: string, params?: readonly unknown[]): Promise<Row[]>;
  /** `copy … to stdout`: its rows, in PostgreSQL's text format. `rowCount` is known at the end. */
  copyOut(statement: string): Readable & { rowCount: number };
  /** `copy … from stdin`. */
  copyIn(statement: string): Writable & { rowCount: number };
  end(): Promise<void>;
}

export async function openCopyConnection(url: string): Promise<CopyConnection> {
  const client = new pg.Client({
    connectionString: libpqUrl(url),
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
  });
  // The statement that waits fails with the same error.
  client.on('error', () => undefined);
  await client.connect();
  return {
    query: async <Row extends object>(text: string, params: readonly unknown[] = []) =>
      (await client.query<Row>(text, [...params])).rows,
    copyOut: (statement) => client.query(to(statement)),
    copyIn: (statement) => client.query(from(statement)),
    end: () => client.end(),
  };
}
