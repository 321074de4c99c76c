// The baselines: an Express route that inserts the row of a subscriber and answers when it is stored, and one that
// redirects.
// It has as many database connections as one of our web processes.
import express from 'express';
import { openDatabase } from '../src/db.js';

const { DATABASE_URL: url = '', PORT: port } = process.env;
const db = openDatabase({ url });
const app = express();
app.set('trust proxy', 'loopback');

app.post('/subscribe', express.json(), async (request, response) => {
  const { email } = request.body as { email: string };
  await db.pool.query('insert into bare_requests (email, ip, user_agent) values ($1, $2, $3)', [
    email,
    request.ip,
    request.get('user-agent'),
  ]);
  response.status(202).json({ status: 'accepted' });
});

app.get('/c/:token', (_, response) => response.redirect(302, 'https://news.example.org/measured/1'));

app.listen(Number(port), '127.0.0.1', () => process.send?.({ ready: true }));
process.on('SIGTERM', () => process.exit(0));
