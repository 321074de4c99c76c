-- The rows in error of an import, without reading its million others: for the report, and to take an erased reader out.
create index import_rows_invalid on import_rows (import_id, line) where outcome = 'invalid';
