"""Answers of a model on this machine that are held to a schema: does each of them parse, and follow it?

    make prove-schema                       # 20 shapes of schemas, five subjects each
    make prove-schema ARGS="--subjects 1"
    NIS_TRANSFORMERS=FOLDER make prove-schema ARGS="--model transformers"

Every schema is asked over REST, four at once, with the model's own settings. What is answered is parsed from the bytes
of the response and validated by jsonschema's own validator, apart from the checks of the product; an error counts as an
answer that does not parse. The exit status says whether all did.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import jsonschema
from shapes import SHAPES, SUBJECTS, asked
from start import free_port, ours, started

PATIENCE = 300.0


def ask(url: str, model: str, shape: str, subject: str) -> tuple[str, int]:
    """What is wrong with the answer, nothing when all is well; and its tokens."""
    body = json.dumps(asked(shape, subject, model)).encode()
    request = urllib.request.Request(
        f"{url}/models/generate-json", body, {"content-type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        return f"{error.code}: {json.load(error).get('detail')}", 0
    told = ""
    try:
        jsonschema.validate(answer["value"], SHAPES[shape], jsonschema.Draft202012Validator)
    except jsonschema.ValidationError as wrong:
        told = wrong.message
    return told or ("it had to be mended" if answer["mended"] else ""), answer["output_tokens"]


def main() -> int:
    """Ask, and print."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("--subjects", type=int, default=len(SUBJECTS), help="subjects of each schema")
    parser.add_argument("--model", default="embedded", help="provider:name, or a provider alone")
    given = parser.parse_args()
    subjects = SUBJECTS[: given.subjects]
    pairs = [(shape, subject) for subject in subjects for shape in SHAPES]
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with started(ours(port, folder), port):
            began = time.perf_counter()
            with ThreadPoolExecutor(4) as pool:
                waiting = [pool.submit(ask, f"http://127.0.0.1:{port}", given.model, *pair) for pair in pairs]
                answers = [one.result() for one in waiting]
            seconds = time.perf_counter() - began
    wrong = [(pair, told) for pair, (told, _) in zip(pairs, answers, strict=True) if told]
    for (shape, subject), told in wrong:
        print(f"{shape}, {subject}: {told}")
    tokens = sum(count for _, count in answers)
    print(f"{len(pairs) - len(wrong)} of {len(pairs)} answers parse and follow their schema")
    print(f"{len(SHAPES)} schemas, {tokens} tokens, {seconds:.0f} s with four at once")
    print("by schema:", dict(Counter(shape for (shape, _), _ in wrong)) or "none failed")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
