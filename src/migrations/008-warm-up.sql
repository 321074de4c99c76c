-- A new sending domain is given more mail from day to day (src/delivery/warm-up.ts); what it has had.
create table warm_ups (
  domain         text not null,
  day            date not null,                -- UTC
  allowed        int not null,
  taken          int not null,
  granted        int not null,                 -- what the last to ask got
  primary key (domain, day)
);
