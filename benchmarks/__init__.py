"""What the farm and its products cost and gain, measured: `make bench`, or `make bench BENCH=farm` for one of them.

Each module here that has a `measure()` is a benchmark; it returns a `report.Result`, whose table and raw values go to
results/. A figure stands beside what it is compared to, from the same run, as machines are noisy and differ.
"""
