# For test_rpm.py: the worker image of debian-12 with rpm's tools, and in /opt/rpm-base a system to try packages in that
# has dnf and zypper beside what a package's libraries are there. Stub packages stand for the libraries in its rpm database.
ARG BASE_IMAGE
ARG WORKER_IMAGE

FROM ${BASE_IMAGE} AS base
# hadolint ignore=DL3008 # the newest of the release
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install --yes --no-install-recommends \
        dnf gcc libc6-dev libgdbm-compat4 libgdbm6 libtk8.6 rpm zypper \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
# It is copied for each try: what is large and not needed there goes.
RUN rm -rf /usr/share/doc /usr/share/perl /usr/lib/*/perl /usr/lib/gcc/*/*/lto1 /usr/bin/*-lto-dump-* /usr/lib/*/lib[at]san.so*

FROM ${WORKER_IMAGE}
# hadolint ignore=DL3008 # the newest of the release
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install --yes --no-install-recommends createrepo-c curl dnf gpg rpm rpmlint zypper \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/*
COPY --from=base / /opt/rpm-base
# Where EL and SUSE have it, and not in somebody's home folder.
RUN mkdir -p /etc/rpm /opt/rpm-base/etc/rpm \
    && echo '%_dbpath /var/lib/rpm' >/etc/rpm/macros \
    && cp /etc/rpm/macros /opt/rpm-base/etc/rpm/
