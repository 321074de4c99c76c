-- The posts page asks for the issues of the posts that it shows. Deleting a post asks for the same rows.
create index issue_posts_of_post on issue_posts (post_id);
