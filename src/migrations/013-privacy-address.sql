-- The publisher's privacy notice on the web, which forms and readers' pages link.
alter table newsletters add column privacy_url text;
