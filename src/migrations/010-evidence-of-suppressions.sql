-- What happened, as a message that each account reads in its own language, and the words of a server:
-- {"said": {"key", "args"}, "reply"}. Null: `detail` is a person's note, or the row is older than this column.
-- The previous program reads `detail`, so it stays written.
alter table suppressions add column evidence jsonb;
