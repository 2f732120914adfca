"""`make prove`: a platform tried on the real system, from its base image to what users do."""
