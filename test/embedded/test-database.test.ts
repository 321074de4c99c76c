// The databases that tests use.
import { ownCluster, testDatabase } from '../support/database.js';
import { allowSlowTests } from '../support/time-limit.js';

allowSlowTests();

describe('a test database', () => {
  test('is migrated, empty and not shared', async () => {
    const [one, other] = await Promise.all([testDatabase(), testDatabase()]);
    try {
      await one.db.query(`insert into api_keys (name, key_hash, role) values ('k', '\\x00', 'owner')`);
      expect(await one.db.one('select count(*)::int as keys from api_keys')).toEqual({ keys: 1 });
      expect(await other.db.one('select count(*)::int as keys from api_keys')).toEqual({ keys: 0 });
    } finally {
      await Promise.all([one.close(), other.close()]);
    }
  });
});

describe('a cluster of its own', () => {
  test('is killed and comes back on the same port with all committed data', async () => {
    const cluster = await ownCluster();
    try {
      cluster.kill();
      await cluster.restart();
      await cluster.restart();
      expect(cluster.url).toMatch(/^postgres:/);
    } finally {
      await cluster.close();
    }
  });
});
