# rclone of Debian, with which copy.sh copies a bucket and what goes with each object.
ARG BASE_IMAGE=debian:12
FROM ${BASE_IMAGE}
ENV DEBIAN_FRONTEND=noninteractive
# hadolint ignore=DL3008 # the newest of the release, with its security updates
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates rclone \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log
