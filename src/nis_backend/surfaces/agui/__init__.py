"""AG-UI 1.0: a thread is a conversation, a run of a client's is a run here, or the part of one up to where it waits.

`routes` is light; the others load with the first request. The protocol's package is used by the tests alone.
"""
