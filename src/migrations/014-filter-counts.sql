-- What the filters of the list of readers count, beside status and topic. One function says it for the triggers and the check:
--
-- source: how the reader last came. A reader of whom that is unknown counts nowhere.
-- frequency: the reader's own. Those who chose none have the newsletter's, which can change: they are the rest of all readers.
-- thousand: the reader's id without its last three digits. Ids are given in the order of time. So the readers who were added since
--   a time are those of whole thousands, and at most 1,000 more.
create function filters_of(via text, reading_time_id bigint, subscriber_id bigint)
  returns table (filter text, value text) language sql stable parallel safe as $$
  select 'source', via where via is not null
  union all select 'frequency', (select t.frequency from reading_times t where t.id = reading_time_id)
    where reading_time_id is not null
  union all select 'thousand', lpad((subscriber_id / 1000)::text, 16, '0')
$$;

-- How many subscriptions each value of a filter finds, whatever their status. Kept as reader_counts are: triggers append each
-- change, and upkeep adds them up.
create table filter_counts (
  newsletter_id  bigint not null references newsletters on delete cascade,
  filter         text not null check (filter in ('source', 'frequency', 'thousand')),
  value          text not null,                -- thousand: 16 digits, so that their order is that of the numbers
  change         bigint not null
);
-- selectFilterCounts, countSince, sumCounts, and the cascade from newsletters.
create index filter_counts_by_newsletter on filter_counts (newsletter_id, filter, value);

-- The rows are grouped first: for a lot of 2,500 imported readers this takes 0.7 ms, and one by one 2.3 ms.
create function count_added_filters() returns trigger language plpgsql as $$
begin
  insert into filter_counts (newsletter_id, filter, value, change)
    select a.newsletter_id, f.filter, f.value, sum(a.readers)
    from (select newsletter_id, via, reading_time_id, subscriber_id / 1000 as thousand, count(*) as readers
      from added group by 1, 2, 3, 4) a
    cross join lateral filters_of(a.via, a.reading_time_id, a.thousand * 1000) f group by 1, 2, 3;
  return null;
end $$;
create trigger count_added_filters after insert on subscriptions
  referencing new table as added for each statement execute function count_added_filters();

-- The deletion of a newsletter deletes its subscriptions and its counts: nothing is left to count.
create function count_removed_filters() returns trigger language plpgsql as $$
begin
  insert into filter_counts (newsletter_id, filter, value, change)
    select r.newsletter_id, f.filter, f.value, -sum(r.readers)
    from (select newsletter_id, via, reading_time_id, subscriber_id / 1000 as thousand, count(*) as readers
      from removed group by 1, 2, 3, 4) r
    cross join lateral filters_of(r.via, r.reading_time_id, r.thousand * 1000) f
    where exists (select from newsletters n where n.id = r.newsletter_id) group by 1, 2, 3;
  return null;
end $$;
create trigger count_removed_filters after delete on subscriptions
  referencing old table as removed for each statement execute function count_removed_filters();

-- For each row, and only if a value may differ: the fan-out updates a million rows, and changes none.
create function count_changed_filters() returns trigger language plpgsql as $$
begin
  insert into filter_counts (newsletter_id, filter, value, change)
    select c.newsletter_id, c.filter, c.value, sum(c.change) from (
      select old.newsletter_id, f.filter, f.value, -1 as change
        from filters_of(old.via, old.reading_time_id, old.subscriber_id) f
      union all select new.newsletter_id, f.filter, f.value, 1
        from filters_of(new.via, new.reading_time_id, new.subscriber_id) f) c
    group by 1, 2, 3 having sum(c.change) <> 0;
  return null;
end $$;
create trigger count_changed_filters after update on subscriptions for each row
  when (old.via is distinct from new.via or old.reading_time_id is distinct from new.reading_time_id
    or old.subscriber_id <> new.subscriber_id or old.newsletter_id <> new.newsletter_id)
  execute function count_changed_filters();

-- The trigger waits until nobody changes a subscription, so no change is missed.
insert into filter_counts (newsletter_id, filter, value, change)
  select s.newsletter_id, f.filter, f.value, sum(s.readers)
  from (select newsletter_id, via, reading_time_id, subscriber_id / 1000 as thousand, count(*) as readers
    from subscriptions group by 1, 2, 3, 4) s
  cross join lateral filters_of(s.via, s.reading_time_id, s.thousand * 1000) f group by 1, 2, 3;
