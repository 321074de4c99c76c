-- What a publisher asks readers beside their address (src/newsletters/custom-fields.ts), and what readers answered.

alter table newsletters
  add custom_fields jsonb not null default '[]';  -- [{name, label, type, required, …}], in the form's order

alter table subscriptions
  add custom_fields jsonb not null default '{}';  -- {name: text, number or true/false}; unanswered: no key
