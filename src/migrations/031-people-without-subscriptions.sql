-- People of whom no subscription is left (their newsletter was deleted) or who never had one (added by the API).
alter table subscribers
  add alone_since timestamptz;                 -- noticed by upkeep, which forgets them some time after
create index subscribers_alone on subscribers (alone_since) where alone_since is not null;
