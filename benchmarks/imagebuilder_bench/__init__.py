"""`make bench`: measure the custom resource beside its alternatives and write docs/benchmarks.md.

`figures` has one module per figure of the page. `children` run in processes of their own; `peers` are the functions
that ours is compared with.
"""
