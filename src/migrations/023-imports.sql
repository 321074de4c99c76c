-- Imports as large as a publisher's whole list: the body in pieces that any worker can read, what came of each row (for
-- the report, the dry run and the undo), and what the file turned out to be.

-- What was half done had its body where it is no more.
update imports set state = 'failed', failure = 'An upgrade came in between: import the file again.', finished_at = now()
where state in ('queued', 'running');

alter table imports
  drop body,
  drop errors,                                 -- import_rows has them, by line
  drop constraint imports_state_check,
  -- receiving: the body is still coming in. No worker touches it, nobody is told its id, and upkeep forgets it.
  add constraint imports_state_check check (state in ('receiving', 'queued', 'running', 'finished', 'failed')),
  add format     text,                         -- csv, ndjson
  add source     text,                         -- whose export it is (src/subscribers/import-sources.ts); null: nobody's
  add encoding   text,                         -- as it came; kept is UTF-16 as UTF-8, and everything else as it is
  add layout     jsonb,                        -- {separator, columns, …}: how a worker reads it (import-layout.ts)
  add bytes      bigint not null default 0,    -- of the body as kept
  -- The row that is next: where it begins in the kept body, and its line in the file.
  add next_byte  bigint not null default 0,
  add next_line  int not null default 1,
  add outcomes   jsonb not null default '{}',  -- {outcome: rows}
  add statuses   jsonb not null default '{}',  -- {status: rows}, of the created and updated
  add rows_forgotten_at timestamptz,           -- import_rows are gone, and with them the possibility to undo
  add undo_requested_at timestamptz,
  add undo_from  int,                          -- undone down to this line; null: not begun
  add undone     jsonb not null default '{}',  -- {removed, restored, kept, suppressionsLifted, suppressionsKept}
  add undone_at  timestamptz;

create table import_chunks (
  import_id      bigint not null references imports on delete cascade,
  number         int not null,
  begins_at      bigint not null,              -- in the kept body
  bytes          bytea not null,
  primary key (import_id, number)
);
-- Compressing it would take longer than writing it, and it is deleted soon.
alter table import_chunks alter bytes set storage external;

create table import_rows (
  -- A foreign key would look it up a million times; the trigger below does for all that goes with one.
  import_id      bigint not null,
  line           int not null,
  outcome        text not null,                -- src/subscribers/import-outcome.ts
  status         text,                         -- what the file says; null: the row is invalid
  -- No foreign keys here either; erasing a reader takes them out of here (store-admin.ts).
  subscriber_id  bigint,
  subscription_id bigint,
  -- What this row made, and so may unmake: 1 the subscription, 2 the subscriber, 4 the suppression.
  made           smallint not null default 0,
  before         jsonb,                        -- of what it changed
  email          text,                         -- only while no subscriber stands for it
  reason         text,
  primary key (import_id, line)
);
create index import_rows_by_subscriber on import_rows (subscriber_id, import_id) where subscriber_id is not null;
create index import_rows_by_email on import_rows (email, import_id) where email is not null;

create function delete_rows_of_imports() returns trigger language plpgsql as
  $$ begin delete from import_rows x using gone where x.import_id = gone.id; return null; end $$;
create trigger delete_rows_of_imports after delete on imports
  referencing old table as gone for each statement execute function delete_rows_of_imports();

alter table suppressions
  -- The import that made it, while nothing else asked for it too: only then an undo may lift it.
  add import_id  bigint;

-- Of an import's consent record, the IP addresses that the file gave may be forgotten like the others.
create or replace function consents_are_append_only() returns trigger language plpgsql as $$
begin
  if new.ip is null and new.user_agent is null
    and new.detail is not distinct from old.detail - '{requestedIp,confirmedIp}'::text[]
    and to_jsonb(new) - '{ip,user_agent,detail}'::text[] = to_jsonb(old) - '{ip,user_agent,detail}'::text[]
    then return new;
  end if;
  raise exception 'consents are append-only';
end $$;
