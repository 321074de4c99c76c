-- Of the readers that an import made, how many are asked by mail to confirm; of a dry run, how many would be.
alter table imports add to_confirm int not null default 0;
