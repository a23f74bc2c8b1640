"""Questions that documents answer and questions that they do not, asked without a language model: which are told apart?

    make bench-answers

The documents are scikit-learn's descriptions of its data sets, fourteen files that it ships. 24 questions are answered
by them, and stand here with a piece of the sentence that does it; 24 are about other things, and 16 about the same
things, of which they do not say it. Counted is how many of the first are answered and with that sentence among the
quotes, how many of the others are said not to be in the documents, and whether every quote stands where it says.
"""

from __future__ import annotations

import base64
import importlib.util
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from start import free_port, healthy, ours

Json = Any

ANSWERED = {
    "How many irises are there of each kind?": "50 instances each",
    "Where is the California housing data from?": "StatLib",
    "How many features does a sample of the forest cover data have?": "54 features",
    "How are the features of the breast cancer data computed?": "fine needle aspirate",
    "How many people are on the Olivetti faces?": "40 distinct",
    "When were the Olivetti photographs taken?": "April 1992",
    "How large is a picture of a handwritten digit?": "8x8",
    "How many classes of digits are there?": "10 classes",
    "How many newswire stories are in RCV1?": "800,000",
    "Which species are in the species distribution data?": "two species",
    "What was measured on the middle-aged men in a fitness club?": "physiological",
    "Which attacks are in the network intrusion data?": "attack",
    "What is the target of the diabetes data?": "disease progression",
    "Why should headers and footers be stripped from newsgroup posts?": "strip",
    "From where are the faces in the wild collected?": "internet",
    "How many newsgroup posts are there?": "18000",
    "Who used the iris data first?": "Fisher",
    "What does the median house value stand for?": "median house value",
    "Where do the wines of the data grow?": "Italy",
    "Which class of iris is linearly separable?": "linearly separable",
    "What is face verification?": "Face Verification",
    "Which part of the forest does a sample of the tree data describe?": "patches of forest",
    "How many constituents of wine were measured?": "thirteen",
    "What is a block group?": "smallest geographical unit",
}
ELSEWHERE = (
    "What is the notice period of the contract?",
    "How do I reset my password?",
    "What is the capital of Australia?",
    "How long does shipping take?",
    "Who wrote Hamlet?",
    "What is the boiling point of water?",
    "Does the warranty cover water damage?",
    "How many days of holiday do employees get?",
    "What is the interest rate of the loan?",
    "When does the train to Paris leave?",
    "How do I bake sourdough bread?",
    "Which side effects does the drug have?",
    "What is the salary of the chief executive?",
    "Who won the football world cup in 2014?",
    "What is the temperature of the sun?",
    "How do I install the printer driver?",
    "Is smoking allowed in the building?",
    "What are the opening hours of the museum?",
    "How much does the ticket cost?",
    "What does the treaty say about fishing rights?",
    "What causes inflation?",
    "How do vaccines work?",
    "At what speed does the aircraft cruise?",
    "Which lawyer represents the seller?",
)

BESIDE = (
    "How much does a bottle of the wine cost?",
    "Which grapes are the wines pressed from?",
    "How many irises are blue?",
    "Who paid for the iris study?",
    "What is the rent of a house in California?",
    "How many hospitals took part in the breast cancer study?",
    "Which drug do the diabetes patients take?",
    "How old are the people on the Olivetti faces?",
    "Which camera took the Olivetti faces?",
    "How many of the digits were written with the left hand?",
    "What is the salary of the editors of the newswire stories?",
    "How many trees were felled in the forest?",
    "Who was arrested for the network intrusion?",
    "How many calories do the men in the fitness club eat?",
    "What do the two species eat?",
    "How long is the longest newsgroup post in pages?",
)


def main() -> None:
    """Ask all of them, and print what came of it."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        with (Path(folder) / "log").open("wb") as log:
            command = ours(port, str(Path(folder) / "nis"))
            process = subprocess.Popen(command, env={**os.environ}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            while not healthy(port):
                time.sleep(0.1)
            ask(f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


def ask(base: str) -> None:
    """Keep the documents, ask the questions, count."""
    files = described()
    for path in files:
        document = {"base64": base64.b64encode(path.read_bytes()).decode(), "name": path.name}
        post(base, "add-document", {"document": document})
    pages: dict[tuple[str, int], str] = {}
    answered = told = right = 0
    seconds: list[float] = []
    for question, words in ANSWERED.items():
        started = time.perf_counter()
        got = post(base, "ask-documents", {"question": question, "by": "sentences"})
        seconds.append(time.perf_counter() - started)
        answered += got["found"]
        quotes = " ".join(" ".join(one["text"].split()) for one in got["quotes"])
        right += words.lower() in quotes.lower()
        told += sum(stands(base, one, pages) for one in got["quotes"])
        if not got["found"] or words.lower() not in quotes.lower():
            print(f"  not answered with its sentence: {question}")
    elsewhere, beside = refused(base, ELSEWHERE), refused(base, BESIDE)
    print(
        f"{len(files)} documents; {answered} of {len(ANSWERED)} questions answered, {right} with the sentence that does"
    )
    print(f"{elsewhere} of {len(ELSEWHERE)} about other things said not to be in the documents")
    print(f"{beside} of {len(BESIDE)} about the same things too; {told} quotes stand where they say")
    print(f"an answer takes {statistics.median(seconds):.2f} s, at the median")


def refused(base: str, questions: Sequence[str]) -> int:
    """How many the documents are said not to answer."""
    count = 0
    for question in questions:
        got = post(base, "ask-documents", {"question": question, "by": "sentences"})
        count += not got["found"]
        if got["found"]:
            print(f"  answered all the same: {question} {got['answer'][:80]!r}")
    return count


def described() -> list[Path]:
    """scikit-learn's descriptions."""
    spec = importlib.util.find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    return sorted((Path(spec.origin).parent / "datasets" / "descr").glob("*.rst"))


def stands(base: str, quote: Json, pages: dict[tuple[str, int], str]) -> bool:
    """Whether the quote stands in its page, as it is read anew, from its first to its last character."""
    place = (quote["document"], quote["page"])
    if place not in pages:
        path = next(one for one in described() if one.name == quote["document"])
        document = {"base64": base64.b64encode(path.read_bytes()).decode(), "name": path.name}
        read = post(base, "read-document", {"document": document})
        pages |= {(path.name, page["number"]): page["text"] for page in read["pages"]}
    found = pages[place][quote["start"] : quote["end"]] == quote["text"]
    if not found:
        sys.exit(f"{quote} does not stand there")
    return found


def post(base: str, action: str, request: Json) -> Json:
    """What the operation answers."""
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{base}/documents/{action}", json.dumps(request).encode(), headers)
    with urllib.request.urlopen(asked, timeout=300) as answer:
        return json.load(answer)


if __name__ == "__main__":
    main()
