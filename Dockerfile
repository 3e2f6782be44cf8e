# A small image of the gateway: docs/howto/docker.md
FROM node:24-slim AS build
WORKDIR /build
COPY . .
RUN npm ci --no-audit --no-fund && npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
WORKDIR /srv/rainbow
COPY --from=build /build/package.json ./
COPY --from=build /build/bin bin
COPY --from=build /build/dist dist
COPY --from=build /build/docs/delivery.md docs/
COPY --from=build /build/node_modules node_modules
ENV RAINBOW_LOG_FORMAT=json
USER node
EXPOSE 1984
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.RAINBOW_PORT ?? 1984}/hello/`).then(({ok}) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/rainbow-server.js"]
CMD ["-f", "/etc/rainbow/server.ini"]
