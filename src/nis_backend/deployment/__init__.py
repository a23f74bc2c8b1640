"""How nis is brought to where it serves: planned with its price, applied, watched, taken back.

A `Target` is where: an AWS account, or this machine. Both are asked the same and answer the same, so that what a deploy
does when a build is broken is rehearsed here with real processes.
"""
