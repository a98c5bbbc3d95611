# Both images can be replaced, for example by a mirror or a pinned digest: --build-arg BASE_IMAGE=…@sha256:…
# `npm run release` requests the digests of these tags from the registry, builds with them, and writes them into provenance.json.
ARG BUILD_IMAGE=docker.io/library/node:24-bookworm
# glibc, libstdc++ and certificates: no shell, no package manager. Node comes with the build.
ARG BASE_IMAGE=gcr.io/distroless/cc-debian12

# Runs on the platform of the build machine, so nothing is emulated for another target platform.
FROM --platform=$BUILDPLATFORM ${BUILD_IMAGE} AS build
ARG TARGETARCH
WORKDIR /build
COPY package.json package-lock.json LICENSE ./
# All packages are prebuilt, so no install scripts are run.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY scripts scripts/
COPY src src/
COPY deploy/healthcheck.mjs deploy/
# The Node of the lockfile, with which the tests run, instead of the Node of the base image.
RUN node_modules/.bin/node scripts/image-root.ts /image ${TARGETARCH}

# The default platform; older versions of buildah lose it after another platform was named above.
FROM --platform=$TARGETPLATFORM ${BASE_IMAGE}
# Node first: it changes less often than the program.
COPY --from=build /image/usr /usr
COPY --from=build /image/app /app
ENV PATH=/usr/local/bin:/usr/bin:/bin
# Only user 0 gets capabilities that are added to a container. Run the image with all other capabilities dropped and a read-only root.
USER 0
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s CMD ["node", "/app/healthcheck.mjs"]
# Less memory for the same work (docs/performance.md).
ENTRYPOINT ["node", "--max-semi-space-size=1", "--no-concurrent-recompilation", "--no-parallel-scavenge", "/app/unitledger.mjs"]
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="unitledger" \
      org.opencontainers.image.description="OpenTelemetry sidecar for systemd units" \
      org.opencontainers.image.documentation="README.md and docs/ of the sources" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.source="${SOURCE}"
