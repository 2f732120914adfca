"""Programs that run elsewhere: under the Python of the benchmarks' own tools, or in a container."""
