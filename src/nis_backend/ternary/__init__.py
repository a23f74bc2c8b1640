"""Models whose weights are -1, 0 or 1: what computes with them packed to 2 bits, and what generates text with it.

    layout.py      how four weights share a byte, as transformers packs them
    reference.py   the arithmetic, plainly, in numpy: what everything else is held to
    kernel.c       with attention.h: the same, for processors: dispatched to whatever instructions there are
    native.py      finds the compiled library, and what of it this processor can run
    kernel.py      opens whichever can compute here, and says which
    compiling.py   makes a library of kernel.c, where there is a compiler
    folder.py      a model's folder: config.json and safetensors, mapped
    sampling.py    how a token is chosen
    cache.py       keys and values of one sequence, and attention over them
    generator.py   a model that generates, with a cache of keys and values

Needs numpy alone, and is imported in workers only; native.py and compiling.py need nothing.
"""
