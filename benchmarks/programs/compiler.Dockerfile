# A worker image whose gcc, for everything that looks on the PATH, is another one of the distribution's.
ARG IMAGE
FROM ${IMAGE}
ARG GCC
# hadolint ignore=DL3008 # the newest of the release, as its users have
RUN export DEBIAN_FRONTEND=noninteractive \
    && apt-get update \
    && apt-get install --yes --no-install-recommends "gcc-$GCC" "g++-$GCC" \
    && rm -rf /var/lib/apt/lists/* \
    && for tool in gcc g++ gcc-ar gcc-nm gcc-ranlib gcov gcov-tool; do \
        ln -s "/usr/bin/$tool-$GCC" "/usr/local/bin/$tool"; \
    done \
    && ln -s gcc /usr/local/bin/cc \
    && ln -s g++ /usr/local/bin/c++
