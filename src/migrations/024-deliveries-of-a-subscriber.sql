-- The deliveries of one subscriber are found by asking each issue for its own, by the primary key: some microseconds for
-- each issue. The index on subscribers alone was entered a million times by each fan-out, and twice again by each message.
drop index deliveries_by_subscriber;
