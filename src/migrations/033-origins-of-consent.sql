-- Where a consent came from is evidence for as long as somebody is mailed on it (GDPR article 7(1)): it is forgotten some
-- time after the subscription ended, and not after the consent.
alter table subscriptions
  -- Of what had ended before this, the record of consent tells no origins any more.
  add origins_forgotten_to timestamptz;

create index subscriptions_ended_with_origins on subscriptions ((greatest(unsubscribed_at, expired_at)))
  where (unsubscribed_at is not null or expired_at is not null)
    and (origins_forgotten_to is null or origins_forgotten_to < greatest(unsubscribed_at, expired_at));
drop index consents_with_origin;
