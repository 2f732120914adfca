#!/bin/sh
# What a base image says of itself: its os-release, a line of dashes, and its C library.
cat /etc/os-release
echo ---
getconf GNU_LIBC_VERSION
