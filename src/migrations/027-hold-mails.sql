-- Mails that tell the accounts that all sending is held. A row without sent_at and refused_at is the outbox.
create table hold_mails (
  held_at    timestamptz not null,        -- which hold
  account_id bigint not null references accounts on delete cascade,
  due_at     timestamptz not null default now(),
  attempts   smallint not null default 0,
  sent_at    timestamptz,
  refused_at timestamptz,
  reply      text,
  primary key (held_at, account_id)
);
