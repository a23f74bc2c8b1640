"""What a file says of itself in its header: how wide, how many pictures, how long. Nothing is decoded.

A header is a claim of whoever made the file. It refuses what is too large before anything is started for it; what is
decoded after it is held to the same limits again, where it is decoded.
"""
