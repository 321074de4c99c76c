-- A reader who moves the hour of their digest gets one a day all the same.
alter table subscriptions
  -- Set whenever a reading time changes: no scheduled issue with an earlier slot. "Send now" does not ask.
  add not_before timestamptz;
