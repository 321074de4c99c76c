-- A person's choice of how often the feed is polled, in minutes. Null: as src/feeds/next-poll.ts has it.
alter table feeds add column poll_minutes int check (poll_minutes between 5 and 1440);
