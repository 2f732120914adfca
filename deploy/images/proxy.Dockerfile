# nginx of Debian, for machines that reach no registry; the image `nginx` can stand in its place.
ARG BASE_IMAGE=debian:12
FROM ${BASE_IMAGE}
ENV DEBIAN_FRONTEND=noninteractive
# hadolint ignore=DL3008 # the newest of the release, with its security updates
RUN apt-get update \
    && apt-get install --yes --no-install-recommends nginx-light \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log
CMD ["nginx", "-g", "daemon off;"]
