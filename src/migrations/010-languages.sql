-- Readers who are spoken to in a language of their own: few, and each issue asks for them.
create index subscribers_speaking on subscribers (split_part(language, '-', 1)) include (id)
  where language is not null;
