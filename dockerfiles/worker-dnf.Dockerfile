# A worker of a dnf platform. `make images PLATFORM=rhel-9` gives the arguments, from the platform's row
# (core/platforms/platforms.py) and the family's packages (build_packages.py there).
ARG BASE_IMAGE

# What users have, for the check of a package.
FROM ${BASE_IMAGE} AS pristine

FROM ${BASE_IMAGE} AS toolchain
ARG PACKAGES
ARG REPOSITORIES
ARG CCACHE_REPOSITORY
# Nothing that a build links comes from where EL has its ccache: that is added last, and taken away again.
# hadolint ignore=DL3041,SC2086 # the newest of the release, as its users have; the list is words
RUN dnf --assumeyes --setopt=install_weak_deps=False ${REPOSITORIES:+--enablerepo="$REPOSITORIES"} install $PACKAGES \
    && { [ -z "$CCACHE_REPOSITORY" ] || dnf --assumeyes install "$CCACHE_REPOSITORY"; } \
    && dnf --assumeyes --setopt=install_weak_deps=False install ccache \
    && { [ -z "$CCACHE_REPOSITORY" ] || dnf --assumeyes remove "$CCACHE_REPOSITORY"; } \
    && dnf clean all \
    && rm -rf /var/cache/dnf /var/log/dnf* /var/log/hawkey.log

# Thrown away but for /opt/buildbot-worker: how this machine reaches its package index stays behind.
FROM toolchain AS buildbot-worker
ARG WORKER_PYTHON
COPY worker/requirements.txt pip/ /tmp/pip/
RUN "$WORKER_PYTHON" -m venv /opt/buildbot-worker \
    && PIP_CONFIG_FILE=/tmp/pip/pip.conf /opt/buildbot-worker/bin/pip install \
        --no-cache-dir --only-binary :all: --require-hashes --no-deps --requirement /tmp/pip/requirements.txt

FROM toolchain
# A volume on /ccache takes its mode from here.
RUN install -d -m 1777 /ccache
COPY --from=pristine / /opt/pristine
COPY --from=buildbot-worker /opt/buildbot-worker /opt/buildbot-worker
COPY worker/buildbot.tac worker/close-network.sh worker/usual_sockets.py /opt/buildbot-worker/
# Builds get their folders here. The worker is root for the check only: the scripts become an unprivileged user.
WORKDIR /var/lib/python-builds
CMD ["/opt/buildbot-worker/close-network.sh", "/opt/buildbot-worker/bin/twistd", "--nodaemon", "--pidfile=", "--python=/opt/buildbot-worker/buildbot.tac"]
