-- The guard (src/delivery/guard.ts) looks at what came back since an admin resumed the issue, and not before.
alter table issues add resumed_at timestamptz;

-- What counts against a sender, and is rare: so the guard need not look at every delivery.
create index deliveries_bad on deliveries (issue_id, changed_at)
  where state in ('bounced', 'complained') or (state = 'refused' and reason = 'permanent');
