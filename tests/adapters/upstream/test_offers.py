"""What a source offers."""

import dataclasses

from python_builds.adapters.upstream.offers import Offer


def test_no_source_can_forget_what_vouches_for_its_tarball():
    assert [f.name for f in dataclasses.fields(Offer) if f.default is not dataclasses.MISSING] == []
