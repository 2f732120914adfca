"""Where everything published lies: a folder or a bucket."""
