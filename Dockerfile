# A static binary in an empty image:      docker build -t shipwake:0.1.0 .
# The binary alone, in this folder:       docker build --target binary --output . .
FROM rust:1.95-alpine AS build
RUN apk add --no-cache build-base cmake linux-headers perl
WORKDIR /src
COPY . .
# Alpine's own target is musl: what it builds needs no other file.
RUN cargo build --profile dist --locked --bin shipwake \
    && mkdir -p /out/data && cp target/dist/shipwake /out/

FROM scratch AS binary
COPY --from=build /out/shipwake /shipwake

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/shipwake /usr/local/bin/shipwake
USER 65532:65532
ENV SHIPWAKE_DATA=/data SHIPWAKE_LISTEN=0.0.0.0:8790
VOLUME /data
EXPOSE 8790
ENTRYPOINT ["/usr/local/bin/shipwake"]
CMD ["serve"]
