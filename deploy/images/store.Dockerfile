# Ceph's S3 server with the smallest cluster it runs on, for trying: one disk, no copies. A farm that matters publishes to a
# bucket elsewhere.
ARG BASE_IMAGE=debian:12
FROM ${BASE_IMAGE}
ENV DEBIAN_FRONTEND=noninteractive
# hadolint ignore=DL3008 # the newest of the release, with its security updates
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates ceph-mon ceph-osd curl radosgw \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log \
    && install -d -o ceph -g ceph -m 750 /var/lib/store
COPY store.conf /etc/ceph/ceph.conf
COPY store.sh /usr/local/bin/
CMD ["store.sh"]
