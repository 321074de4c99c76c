-- How many subscriptions with each status chose each topic, kept as reader_counts are: triggers append each change, and
-- upkeep adds them up. Readers of all topics have chosen none.
create table topic_counts (
  newsletter_id  bigint not null references newsletters on delete cascade,
  topic          text not null,
  status         text not null check (status in ('pending', 'active', 'unsubscribed', 'expired')),
  change         bigint not null
);
-- selectTopicCounts, countChosen, sumCounts, and the cascade from newsletters.
create index topic_counts_by_newsletter on topic_counts (newsletter_id, topic, status);

create or replace function count_added_readers() returns trigger language plpgsql as $$
begin
  insert into reader_counts (newsletter_id, status, change)
    select a.newsletter_id, status_of(a.requested_at, a.confirmed_at, a.unsubscribed_at, a.expired_at), count(*)
    from added a group by 1, 2;
  insert into topic_counts (newsletter_id, topic, status, change)
    select a.newsletter_id, topic, status_of(a.requested_at, a.confirmed_at, a.unsubscribed_at, a.expired_at), count(*)
    from added a, unnest(a.topics) topic group by 1, 2, 3;
  return null;
end $$;

-- The deletion of a newsletter deletes its subscriptions and its counts: nothing is left to count.
create or replace function count_removed_readers() returns trigger language plpgsql as $$
begin
  insert into reader_counts (newsletter_id, status, change)
    select r.newsletter_id, status_of(r.requested_at, r.confirmed_at, r.unsubscribed_at, r.expired_at), -count(*)
    from removed r where exists (select from newsletters n where n.id = r.newsletter_id) group by 1, 2;
  insert into topic_counts (newsletter_id, topic, status, change)
    select r.newsletter_id, topic, status_of(r.requested_at, r.confirmed_at, r.unsubscribed_at, r.expired_at), -count(*)
    from removed r, unnest(r.topics) topic
    where exists (select from newsletters n where n.id = r.newsletter_id) group by 1, 2, 3;
  return null;
end $$;

-- For each row, and only if its topics or its status may differ: the fan-out updates a million rows, and changes neither.
create function count_changed_topics() returns trigger language plpgsql as $$
declare
  before text := status_of(old.requested_at, old.confirmed_at, old.unsubscribed_at, old.expired_at);
  after text := status_of(new.requested_at, new.confirmed_at, new.unsubscribed_at, new.expired_at);
begin
  if before <> after or old.newsletter_id <> new.newsletter_id or old.topics is distinct from new.topics then
    insert into topic_counts (newsletter_id, topic, status, change)
      select old.newsletter_id, topic, before, -1 from unnest(old.topics) topic
      union all select new.newsletter_id, topic, after, 1 from unnest(new.topics) topic;
  end if;
  return null;
end $$;
create trigger count_changed_topics after update on subscriptions for each row
  when (old.topics is distinct from new.topics or (new.topics is not null and (
    old.confirmed_at is distinct from new.confirmed_at or old.unsubscribed_at is distinct from new.unsubscribed_at
    or old.expired_at is distinct from new.expired_at or old.requested_at is distinct from new.requested_at
    or old.newsletter_id <> new.newsletter_id)))
  execute function count_changed_topics();

-- The trigger waits until nobody changes a subscription, so no change is missed.
insert into topic_counts (newsletter_id, topic, status, change)
  select newsletter_id, topic, status_of(requested_at, confirmed_at, unsubscribed_at, expired_at), count(*)
  from subscriptions, unnest(topics) topic where topics is not null group by 1, 2, 3;
