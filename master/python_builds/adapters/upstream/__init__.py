"""Sources of tarballs, and what vouches for them."""
