-- Issues as web pages.

alter table newsletters
  add archive text not null default 'public' check (archive in ('public', 'none'));
