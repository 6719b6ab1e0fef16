"""`make bench`: what the custom resource costs, measured side by side with what people would use instead.

`figures` holds one module a figure of the page: what is measured, against whom, and the goal. `children` are programs
that run in processes of their own, `peers` the functions that are compared with.
"""
