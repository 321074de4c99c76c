-- Limits an API key to named newsletters. Keys that exist keep their reach.
--
-- The previous program does not know the column, and lets such a key reach every newsletter. So make the first limited key
-- when no process of that program runs any more.
alter table api_keys add column newsletter_ids bigint[];  -- null: all, also those to come
