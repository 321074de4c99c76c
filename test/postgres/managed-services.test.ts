// The URLs that managed services hand out mean what their documentation says. No connection is made.
import pg from 'pg';
import { readConfig } from '../../src/config/environment.js';
import { libpqUrl, tlsAdvice } from '../../src/postgres/url.js';

/** How pg would connect. Fails on a warning, such as pg's ten lines about sslmode. */
function connection(url: string): { host: string; port: number; database: string; ssl: unknown } {
  const warnings: unknown[] = [];
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error) => void warnings.push(warning);
  const { host, port, database, ssl } = new pg.Client(libpqUrl(url)) as pg.Client & { database: string };
  process.emitWarning = emitWarning;
  expect(warnings).toEqual([]);
  return { host, port, database, ssl };
}

const encrypted = { rejectUnauthorized: false };

test.each([
  [
    'DigitalOcean',
    'postgresql://doadmin:secret@db-1.b.db.ondigitalocean.com:25060/defaultdb?sslmode=require',
    { host: 'db-1.b.db.ondigitalocean.com', port: 25060, database: 'defaultdb', ssl: encrypted },
  ],
  [
    'Neon',
    'postgresql://me:secret@ep-a-1.eu-central-1.aws.neon.tech/digest?sslmode=require&channel_binding=require',
    { host: 'ep-a-1.eu-central-1.aws.neon.tech', port: 5432, database: 'digest', ssl: encrypted },
  ],
  [
    'Supabase',
    'postgresql://postgres.ref:secret@aws-0-eu-west-1.pooler.supabase.com:5432/postgres',
    { host: 'aws-0-eu-west-1.pooler.supabase.com', port: 5432, database: 'postgres', ssl: false },
  ],
  [
    'Amazon RDS',
    'postgres://digest:secret@d.abc.eu-west-1.rds.amazonaws.com:5432/digest?sslmode=verify-full',
    { host: 'd.abc.eu-west-1.rds.amazonaws.com', port: 5432, database: 'digest', ssl: {} },
  ],
  [
    'Azure',
    'postgres://digest:se%40cret@d.postgres.database.azure.com:5432/postgres?sslmode=require',
    { host: 'd.postgres.database.azure.com', port: 5432, database: 'postgres', ssl: encrypted },
  ],
  [
    'Aiven',
    'postgres://avnadmin:secret@pg-1.aivencloud.com:12345/defaultdb?sslmode=require',
    { host: 'pg-1.aivencloud.com', port: 12345, database: 'defaultdb', ssl: encrypted },
  ],
])('PostgreSQL of %s', (_, url, expected) => {
  expect(readConfig({ DATABASE_URL: url }).databaseUrl).toBe(url);
  expect(connection(url)).toEqual(expected);
});

test.each([
  ['DigitalOcean', 'rediss://default:secret@db-redis.b.db.ondigitalocean.com:25061'],
  ['Upstash', 'rediss://default:secret@eu1-a-1.upstash.io:6379'],
  ['Heroku', 'rediss://:secret@ec2-1-2-3-4.compute-1.amazonaws.com:12345'],
  ['Amazon ElastiCache', 'rediss://master.digest.abc.euw1.cache.amazonaws.com:6379'],
  ['Azure', 'rediss://:secret%3D@digest.redis.cache.windows.net:6380'],
])('Redis of %s', (_, url) => {
  expect(readConfig({ QUEUE_URL: url }).queueUrl).toBe(url);
});

test.each([
  ['', false],
  ['?sslmode=disable', false],
  ['?sslmode=allow', encrypted],
  ['?sslmode=prefer', encrypted],
  ['?sslmode=require', encrypted],
  ['?sslmode=no-verify', encrypted],
  ['?sslmode=verify-ca', {}],
  ['?sslmode=verify-full', {}],
  ['?sslmode=require&sslrootcert=system', {}],
])('the query "%s" as libpq means it', (query, ssl) => {
  expect(connection(`postgres://digest:secret@db/digest${query}`).ssl).toEqual(ssl);
});

test('an error of TLS says what to do, other errors nothing', () => {
  expect(tlsAdvice(Object.assign(new Error('x'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }))).toMatch(
    /sslrootcert=FILE/,
  );
  expect(tlsAdvice(Object.assign(new Error('x'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }))).toMatch(
    /sslmode/,
  );
  expect(tlsAdvice(new Error('The server does not support SSL connections'))).toBe('use sslmode=disable');
  expect(tlsAdvice(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))).toBeUndefined();
});
