# Two stages: the binary needs nothing but libc and the roots of TLS.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /build
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/* \
    && useradd --system --create-home --home-dir /data deskhand
COPY --from=build /build/target/release/deskhand /usr/local/bin/deskhand
USER deskhand
WORKDIR /data
VOLUME /data
EXPOSE 8787
# SIGTERM finishes or parks the turns that are under way.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=3s CMD ["deskhand", "doctor", "--quick"]
ENTRYPOINT ["deskhand"]
CMD ["serve"]
