// How an issue's hand-overs ended by relay and provider, and what holds it up. Statistics: the ledger is the
// truth.
import type { Db } from '../db.js';
import type { Said } from '../languages/messages.js';
import { deliveryStates, type StateCounts } from './counts.js';
import { hasAny } from './store-batches.js';

export interface Sums {
  accepted: number;
  deferred: number;
  refused: number;
  uncertain: number;
}

export interface ProgressRow extends Sums {
  relay: string;
  domainGroup: string;
}

/** For rows of issue_counts named c. */
const statesOf = `json_build_object(${deliveryStates.map((state) => `'${state}', coalesce(sum(c.${state}), 0)`).join(', ')})`;

/** Deliveries by state, of issues that are not over. */
export async function countUnderWay(db: Db): Promise<StateCounts> {
  const row = await db.one<{ states: StateCounts }>(
    `select ${statesOf} as states from issues i join issue_counts c on c.issue_id = i.id
     where i.finished_at is null and i.cancelled_at is null and i.skipped_at is null`,
  );
  return row.states;
}

/** Deliveries by state, of a newsletter's issues whose sending began in this time. Reads no delivery. */
export async function countOfPeriod(
  db: Db,
  { newsletterId, from, before }: { newsletterId: string; from: Date; before: Date },
): Promise<StateCounts> {
  const row = await db.one<{ states: StateCounts }>(
    `select ${statesOf} as states from issues i join issue_counts c on c.issue_id = i.id
     where i.newsletter_id = $1 and i.fanned_out_at >= $2 and i.fanned_out_at < $3`,
    [newsletterId, from, before],
  );
  return row.states;
}

/** The time constant of the pace, in seconds. */
const paceSeconds = 15;

/** Adds to this worker's rows. A worker calls it about once a second. */
export async function addProgress(
  db: Db,
  workerId: string,
  rows: readonly (ProgressRow & { issueId: string })[],
): Promise<void> {
  await db.query(
    `insert into issue_progress as told
       (worker_id, issue_id, relay, domain_group, accepted, deferred, refused, uncertain, started_at, pace)
     select $1, new.*, now() - interval '1 second', new.accepted * (1 - exp(-1.0 / ${paceSeconds}))
     from unnest($2::bigint[], $3::text[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[])
       as new (issue_id, relay, domain_group, accepted, deferred, refused, uncertain)
     on conflict (issue_id, worker_id, relay, domain_group) do update set
       accepted = told.accepted + excluded.accepted, deferred = told.deferred + excluded.deferred,
       refused = told.refused + excluded.refused, uncertain = told.uncertain + excluded.uncertain,
       -- An exponentially weighted mean: e of the weight is older than paceSeconds. A pause is not counted: the
       -- pace begins again with the first row after it.
       (pace, started_at) = (select
           case when paused then excluded.pace else told.pace * old + excluded.accepted / since * (1 - old) end,
           case when paused then excluded.started_at else told.started_at end
         from greatest(extract(epoch from now() - told.updated_at)::float8, 0.1) as since,
           exp(-since / ${paceSeconds}) as old,
           (select coalesce(resumed_at > told.updated_at, false) from issues where id = told.issue_id) as i (paused)),
       updated_at = now()`,
    [
      workerId,
      rows.map((row) => row.issueId),
      rows.map((row) => row.relay),
      rows.map((row) => row.domainGroup),
      rows.map((row) => row.accepted),
      rows.map((row) => row.deferred),
      rows.map((row) => row.refused),
      rows.map((row) => row.uncertain),
    ],
  );
}

const sums = `sum(accepted)::int as accepted, sum(deferred)::int as deferred, sum(refused)::int as refused,
  sum(uncertain)::int as uncertain`;

export interface ProgressOfIssue {
  issueId: string;
  /** Deliveries by state. */
  states: StateCounts;
  variants: number;
  /** Recent acceptances a second. */
  rate: number;
  handOvers: ProgressRow[];
}

/**
 * The progress of issues. It reads one row for each worker that took part, so a large issue costs no more.
 */
export async function selectProgress(db: Db, issueIds: readonly string[]): Promise<ProgressOfIssue[]> {
  return db.query(
    `select i.id as issue_id,
       (select ${statesOf} from issue_counts c where c.issue_id = i.id) as states,
       (select count(*)::int from variants v where v.issue_id = i.id) as variants,
       (select coalesce(sum(
           -- A worker that is silent for more than two seconds counts as if nothing more came. The pace began
           -- with nothing: the divisor corrects for that.
           p.pace * exp(-greatest(extract(epoch from now() - p.updated_at) - 2, 0) / ${paceSeconds})
             / (1 - exp(-greatest(extract(epoch from now() - p.started_at), 1) / ${paceSeconds}))), 0)::float8
        from issue_progress p join issues on issues.id = p.issue_id
        where p.issue_id = i.id and (resumed_at is null or p.updated_at >= resumed_at)) as rate,
       (select coalesce(json_agg(told), '[]') from (
          select relay, domain_group as "domainGroup", ${sums}
          from issue_progress p where p.issue_id = i.id group by relay, domain_group) told) as hand_overs
     from unnest($1::bigint[]) as i (id)`,
    [issueIds],
  );
}

export async function writeCircuits(
  db: Db,
  workerId: string,
  circuits: Record<string, string>,
): Promise<void> {
  await db.query('update delivery_workers set circuits = $2 where id = $1', [
    workerId,
    JSON.stringify(circuits),
  ]);
}

export async function writeConditions(
  db: Db,
  workerId: string,
  conditions: Record<string, object>,
): Promise<void> {
  await db.query('update delivery_workers set conditions = $2 where id = $1', [
    workerId,
    JSON.stringify(conditions),
  ]);
}

const living = `ended_at is null and seen_at > now() - interval '1 minute'`;

export interface CircuitRow {
  relay: string;
  state: string;
  workers: number;
}

/** How many living workers have which circuit to which relay. */
export async function selectCircuits(db: Db): Promise<CircuitRow[]> {
  return db.query(
    `select relay, state, count(*)::int as workers
     from delivery_workers, jsonb_each_text(circuits) as circuit (relay, state)
     where ${living} group by relay, state order by relay, state`,
  );
}

export interface ConnectionsRow {
  relay: string;
  /** The shares of all living workers together. */
  share: number;
  /** What the relay lets them use. */
  used: number;
}

/** How many connections the living workers may open to each relay, and how many the relay takes. */
export async function selectConnections(db: Db): Promise<ConnectionsRow[]> {
  return db.query(
    `select relay, sum((condition->>'share')::int)::int as share, sum((condition->>'used')::int)::int as used
     from delivery_workers, jsonb_each(conditions) as told (relay, condition)
     where ${living} group by relay order by relay`,
  );
}

export interface TroubleRow {
  relay: string;
  /** Why a circuit is not closed: a message of ours, the relay's reply, or the error. */
  trouble: Said | null;
  /** The reply by which the relay asked for fewer connections. */
  asked: string | null;
}

/** Of the conditions of several workers: one trouble, as its message if it is in our words. */
const firstTrouble = (condition: string): string =>
  `(array_agg(coalesce(${condition}->'said', ${condition}->'trouble') order by ${condition}->>'trouble' desc nulls last))[1]`;

/** What holds each relay up, for the living workers that say so. */
export async function selectTroubles(db: Db): Promise<TroubleRow[]> {
  return db.query(
    `select relay, ${firstTrouble('condition')} as trouble, max(condition->>'asked') as asked
     from delivery_workers, jsonb_each(conditions) as told (relay, condition)
     where ${living} group by relay order by relay`,
  );
}

export interface Standstill {
  issueId: string;
  /** Seconds since the last hand-over ended, or since sending began or was resumed. */
  seconds: number;
}

/** Each issue with deliveries to hand over now, and for how long no hand-over of it has ended. */
export async function selectStandstills(db: Db): Promise<Standstill[]> {
  return db.query(
    `select i.id as issue_id, extract(epoch from now() - greatest(i.fanned_out_at, i.resumed_at,
       (select max(updated_at) from issue_progress p where p.issue_id = i.id)))::float8 as seconds
     from issues i
     where i.fanned_out_at is not null and i.finished_at is null and i.cancelled_at is null and i.paused_at is null
       and (${hasAny('queued', 'i.id')} or ${hasAny('sending', 'i.id')})
     order by i.id`,
  );
}

export interface HoldUp {
  kind: 'warm-up' | 'provider' | 'relay' | 'connections';
  /** The sending domain, the provider or the relay. */
  name: string;
  /** null: not known. */
  until: Date | null;
  /**
   * The messages that the warm-up allows, that the provider refused, the workers with trouble, or the connections that
   * the relay takes. null: the provider only slows us down.
   */
  count: number | null;
  /** Of how many messages, or connections. */
  ofAll: number | null;
  /** What the server said, or the error. */
  said: Said | null;
}

/** The reasons why the issue's readers wait. */
export async function selectHoldUps(db: Db, issueId: string): Promise<HoldUp[]> {
  return db.query(
    `select 'warm-up' as kind, w.domain as name, (w.day + 1)::timestamp at time zone 'utc' as until,
       w.allowed::int as count, null::int as of_all, null::jsonb as said
     from issues i join newsletters n on n.id = i.newsletter_id
       join warm_ups w on w.domain = lower(split_part(n.from_address, '@', 2))
     where i.id = $1 and w.day = (now() at time zone 'utc')::date and w.taken >= w.allowed
     union all
     (select 'provider', group_key, until, null, null, to_jsonb(reply) from domain_slowdowns where until > now() order by until desc limit 20)
     union all
     select 'provider', group_key, until, bad, ends, to_jsonb(reply)
     from provider_pauses where ended_at is null and until > now()
     union all
     select 'relay', relay, null, count(*)::int, null, ${firstTrouble('conditions->relay')}
     from delivery_workers, jsonb_each_text(circuits) as circuit (relay, state)
     where ${living} and state <> 'closed' group by relay
     union all
     select 'connections', relay, null, sum((condition->>'used')::int)::int, sum((condition->>'share')::int)::int,
       to_jsonb(max(condition->>'asked'))
     from delivery_workers, jsonb_each(conditions) as told (relay, condition)
     where ${living} group by relay having bool_or(condition ? 'asked')`,
    [issueId],
  );
}
