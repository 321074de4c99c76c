// Docker compose gives the services the database's password as PGPASSWORD. In the URL it would need encoding.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { packageRoot, readConfig } from '../../src/config/environment.js';
import { openDatabase } from '../../src/db.js';
import { openQueues } from '../../src/queues.js';
import { useDatabase } from '../support/fixture.js';
import { quiet } from '../support/newsroom.js';

const database = useDatabase();

test('a password with @, / and # reaches the database and the queue', async () => {
  const compose = readFileSync(new URL('docker-compose.yml', packageRoot), 'utf8');
  expect(compose).toMatch(/^ {4}DATABASE_URL: .*postgres:\/\/digest@database\/digest\}$/m);
  expect(compose).toMatch(/^ {4}PGPASSWORD: \$\{POSTGRES_PASSWORD:\?.*\}$/m);

  const role = `digest_${randomBytes(4).toString('hex')}`;
  const { pathname } = new URL(database.url);
  await database.db.query(`create role ${role} login password 'p@ss/w#rd? %'`);
  await database.db.query(`grant all on database ${pathname.slice(1)} to ${role}`);
  process.env['PGPASSWORD'] = 'p@ss/w#rd? %';
  const url = Object.assign(new URL(database.url), { username: role, password: '' }).href;
  const { databaseUrl = '' } = readConfig({ DATABASE_URL: url });
  const db = openDatabase({ url: databaseUrl });
  const queues = openQueues({ databaseUrl, log: quiet });
  try {
    expect(await db.one('select current_user as name')).toEqual({ name: role });
    await queues.ping();
  } finally {
    delete process.env['PGPASSWORD'];
    await queues.close();
    await db.end();
    await database.db.query('drop schema if exists bullmq cascade');
    await database.db.query(`drop owned by ${role}`);
    await database.db.query(`drop role ${role}`);
  }
});
