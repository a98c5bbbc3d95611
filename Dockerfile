# Both can be replaced, by a mirror or a pinned digest: --build-arg BASE_IMAGE=…@sha256:…
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm-slim
ARG BASE_IMAGE=gcr.io/distroless/nodejs24-debian12

FROM ${BUILD_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Everything needed comes prebuilt inside its package, so no package gets to run anything.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts/build.ts scripts/
COPY src src/
RUN npm run build

FROM ${BASE_IMAGE}
ARG VERSION=0.1.0
ARG REVISION=
LABEL org.opencontainers.image.title="unitledger" \
      org.opencontainers.image.description="OpenTelemetry sidecar for systemd units" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /build/dist /app
# Where a distroless image has node; elsewhere it is in one of the others.
ENV PATH=/nodejs/bin:/usr/local/bin:/usr/bin:/bin
# Capabilities added to a container reach its user 0 alone. Run it with all others dropped, and a read-only root.
USER 0
# The young generation stays small: 16 MB less memory for the same work, and short-lived garbage is all there is.
ENTRYPOINT ["node", "--max-semi-space-size=4", "/app/unitledger.mjs"]
