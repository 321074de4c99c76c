// The role of the embedded PostgreSQL that the service uses. The cluster's first role is a superuser: it owns
// the tables and migrates them. With it, an injected statement could run programs, and empty the audit log.
import type { Db } from '../db.js';

export const applicationRole = 'daily_digest_app';

/** Makes the role, or sets its password. `password` holds letters and digits. Run as superuser. */
export async function makeApplicationRole(db: Db, password: string): Promise<void> {
  if (!/^\w+$/.test(password)) throw new Error('the password of a role needs letters and digits');
  const found = await db.maybeOne('select 1 as found from pg_roles where rolname = $1', [applicationRole]);
  if (!found) await db.query(`create role ${applicationRole}`);
  await db.query(
    `alter role ${applicationRole} with login nosuperuser nocreatedb nocreaterole noreplication nobypassrls
       password '${password}'`,
  );
}

/** Tables that the role may not change as it likes, and what it may do with them. */
const limited: Readonly<Record<string, string>> = {
  audit: 'select, insert',
  audit_chain: 'select',
  secret_keys: 'select, insert, update',
  migrations: 'select',
  // Retention removes where a consent came from; a trigger refuses every other change.
  consents: 'select, insert, update (ip, user_agent, detail)',
};

/** They work for every caller as the owner, because they change what the role may not. */
const asOwner = ['chain_audit()', 'forget_audit(timestamptz, integer)'];

/** Gives the role what the service needs in the migrated database of `db`, unless it has it. Run as superuser. */
export async function grantToApplication(db: Db): Promise<void> {
  const { complete } = await db.one<{ complete: boolean }>(
    `select coalesce(bool_and(has_table_privilege($1::text, c.oid, 'select')), true)
       and not has_table_privilege($1::text, 'audit', 'delete')
       and not exists (select from pg_namespace where nspname = 'bullmq' and nspowner <> $1::text::regrole) as complete
     from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`,
    [applicationRole],
  );
  if (complete) return;
  await db.transaction(async (tx) => {
    for (const statement of grants()) await tx.query(statement);
    // A queue that the superuser made. Its jobs are only wake-ups: the sweep enqueues them again.
    const old = await tx.maybeOne(
      `select 1 as found from pg_namespace where nspname = 'bullmq' and nspowner <> $1::text::regrole`,
      [applicationRole],
    );
    if (old) await tx.query('drop schema bullmq cascade');
  });
}

function* grants(): Generator<string> {
  yield `do $$ begin execute format('grant create on database %I to ${applicationRole}', current_database()); end $$`;
  yield `grant usage on schema public to ${applicationRole}`;
  yield `grant select, insert, update, delete, maintain on all tables in schema public to ${applicationRole}`;
  yield `grant usage, select on all sequences in schema public to ${applicationRole}`;
  for (const [table, allowed] of Object.entries(limited)) {
    yield `revoke all on table ${table} from ${applicationRole}`;
    yield `grant ${allowed} on table ${table} to ${applicationRole}`;
  }
  // Temporary tables come last in the path: none can stand in for a table of ours.
  for (const name of asOwner)
    yield `alter function ${name} security definer set search_path = public, pg_temp`;
}
