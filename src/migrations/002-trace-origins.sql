-- src/telemetry: links between traces --------------------------------------------------------------

-- The span that stored a post, assembled an issue or mailed a confirmation, so that a later trace can link to it.
-- Written only where traces are exported. Unlogged: a crash may forget links, and nothing else.
create unlogged table trace_origins (
  subject        text not null check (subject in ('post', 'issue', 'subscription')),
  id             bigint not null,
  traceparent    text not null,                -- W3C Trace Context
  noted_at       timestamptz not null,
  primary key (subject, id)
);
-- Retention.
create index trace_origins_noted on trace_origins (noted_at);
