# The master, of a checkout: `deploy/prepare.sh` says how pip reaches its index, then compose builds it. What is to stay lies
# outside: /var/lib/python-builds is a volume, the database is another container's, the store a bucket.
ARG BASE_IMAGE=debian:12

FROM ${BASE_IMAGE} AS python
ENV DEBIAN_FRONTEND=noninteractive
# gpg and its kin verify sources and sign; rpm and libglib2.0-bin are for rpm packages; zstd makes .tar.zst.
# hadolint ignore=DL3008 # the newest of the release, with its security updates
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates curl gpg gpg-agent gpgv libglib2.0-bin libpq5 python3 rpm zstd \
    && apt-get clean \
    && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/*.log

# Thrown away but for the virtual environment: how this machine reaches its package index stays behind.
FROM python AS environment
# hadolint ignore=DL3008
RUN apt-get update && apt-get install --yes --no-install-recommends python3-venv
COPY requirements.txt deploy/pip/ /tmp/pip/
RUN python3 -m venv /opt/python-builds/.venv \
    && PIP_CONFIG_FILE=/tmp/pip/pip.conf /opt/python-builds/.venv/bin/pip install \
        --no-cache-dir --require-hashes --no-deps --requirement /tmp/pip/requirements.txt

FROM python
# The archive's own index names, and vouches for, the upstream tarballs that the source `apt` gives.
# hadolint ignore=DL3009 # that is what it is for
RUN apt-get update
COPY --from=environment /opt/python-builds/.venv /opt/python-builds/.venv
COPY . /opt/python-builds
RUN ln -s /opt/python-builds/deploy/images/python-builds /usr/local/bin/python-builds \
    # Whoever the master is run as makes his folders there; the volume takes its mode from here.
    && install -d -m 1777 /var/lib/python-builds
ENV HOME=/var/lib/python-builds PYTHONDONTWRITEBYTECODE=1
WORKDIR /opt/python-builds
# Anybody but root: compose says who.
USER 8010:8010
EXPOSE 8010 9989
CMD ["python-builds", "run", "--foreground"]
