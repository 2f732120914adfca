# PostgreSQL of Debian, for machines that reach no registry; it takes the same variables as the image `postgres`, which can
# stand in its place.
ARG BASE_IMAGE=debian:12
FROM ${BASE_IMAGE}
ENV DEBIAN_FRONTEND=noninteractive PGDATA=/var/lib/postgresql/data
# hadolint ignore=DL3008 # the newest of the release, with its security updates
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log /var/lib/postgresql/* \
    && install -d -o postgres -g postgres -m 700 "$PGDATA" \
    && ln -s /usr/lib/postgresql/*/bin /opt/postgresql
# Before Debian's own, which look for a cluster of theirs.
ENV PATH=/opt/postgresql:$PATH
COPY database.sh /usr/local/bin/
CMD ["database.sh"]
