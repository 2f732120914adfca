"""How well a tarball is vouched for."""

import itertools

import pytest

from python_builds.core.upstream.trust import Trust


@pytest.mark.parametrize(
    "weaker, stronger", list(itertools.pairwise(["digest", "signed-index", "openpgp", "sigstore"]))
)
def test_trust_grows_from_a_listed_digest_to_sigstore(weaker, stronger):
    assert Trust(stronger).satisfies(Trust(weaker))
    assert not Trust(weaker).satisfies(Trust(stronger))


@pytest.mark.parametrize("trust", Trust)
def test_every_trust_satisfies_itself(trust):
    assert trust.satisfies(trust)


def test_a_digest_in_a_listing_never_satisfies_sigstore():
    assert not Trust.DIGEST.satisfies(Trust.SIGSTORE)
