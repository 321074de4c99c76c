-- Whether this newsletter's form wants a proof of work of browsers: off, auto, always; null: as CHALLENGE says.
alter table newsletters
  add challenge text check (challenge in ('off', 'auto', 'always'));
