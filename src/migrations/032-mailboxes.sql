-- Several addresses may be one mailbox: ada+a@ and ada+b@ everywhere, a.da@ and ada@ at Google. Each is a subscriber of its
-- own, as people mean it; but how many confirmations a mailbox gets is counted for all of them together.
create function mailbox_of(address_key text) returns text language sql immutable parallel safe
  return case when address_key like '%@gmail.com' or address_key like '%@googlemail.com'
    then replace(regexp_replace(split_part(address_key, '@', 1), '(.)\+.*$', '\1'), '.', '') || '@gmail.com'
    -- Asked first: most addresses have none, and the expression is slow.
    when address_key like '%+%' then regexp_replace(address_key, '(.)\+.*@', '\1@')
    else address_key end;

-- Only those that differ from their mailbox, so that large imports do not pay for it. The others are found by their key.
create index subscribers_by_mailbox on subscribers (mailbox_of(address_key))
  where address_key like '%+%' or address_key like '%.%@gmail.com' or address_key like '%@googlemail.com';
