-- "Send now" in the console: a person agreed to what they saw, and a worker freezes the issue a little later.
-- The version of the draft that the person saw. Null: nobody saw one.
alter table issues add column seen_draft int;
-- The freeze found another version, so the issue waits for an approval.
alter table issues add column draft_changed boolean not null default false;
