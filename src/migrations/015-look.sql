-- How a newsletter's mail looks: {template, brandColour, logo, fonts, width} (src/newsletters/look.ts). What is not in it has its default.

alter table newsletters add look jsonb not null default '{}';

-- The look that an issue was frozen with: its later variants are rendered with it too. null: not frozen yet.
alter table issues add look jsonb;

-- The size report of a variant: bytes of its HTML as quoted-printable, and what the budget cost.
alter table variants
  add bytes int,
  add dropped jsonb;
