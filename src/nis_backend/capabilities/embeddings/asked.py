"""How people ask for each of these operations, beside its examples: the words that reach it, and what it is near to."""

from __future__ import annotations

DUPLICATES = (
    "Remove the duplicates: which of these lines say the same thing twice?",
    "Deduplicate a list of texts, sentences, titles or tickets by meaning.",
    "Find near-duplicates, repeated or redundant entries, paraphrases of each other among these.",
    "Which of these requests, questions or notes are repetitions that I can drop? Keep one of each.",
    "Clean the list of doubles, even where the wording differs.",
    "Merge entries that mean the same; drop the copies.",
    "Are there any duplicated, doubled or repeated sentences in this list?",
    "Dedupe these headlines. Deduplicate my list of tickets.",
    "Which of these are duplicates of each other?",
)

OUTLIERS = (
    "Which of these texts is the odd one out?",
    "Find the outlier: which sentence does not belong, does not fit with the others?",
    "Which words or phrases do not match the rest of the group?",
    "Which word does not belong here, with the others?",
    "Which item does not fit in?",
    "Spot anomalies, strange or unusual entries among these messages, tickets or comments.",
    "Which one is off topic, unlike all the other lines?",
    "Pick the stranger, the intruder, the misfit among these.",
    "Detect outliers in a list of texts by meaning.",
    "Which item is the most different from everything else in the list?",
)

LABELS = (
    "Classify this text: which category, label, topic or class does it belong to?",
    "Sort these messages under the labels complaint, praise and question.",
    "Zero-shot classification of a sentence, without training data.",
    "Label, tag or categorise these tickets as billing, shipping or technical.",
    "Which of these topics is the text about: sport, politics, cooking?",
    "Assign each sentence to the best of these categories.",
    "Is this review positive or negative? Put it in one of the classes.",
    "What kind of message is this: spam, a request or a greeting?",
    "Put a label on each of these texts.",
)

MAP = (
    "Draw a map of these texts by meaning: a scatter plot in two dimensions.",
    "Project the embeddings to 2-D with principal components and plot them.",
    "Visualise how these sentences or words lie to each other in a plane.",
    "Show the texts as points in a picture, near in meaning near in the plot.",
    "Plot the word vectors in a two-dimensional space.",
    "Reduce the dimension of the text vectors with PCA and show a chart.",
    "Make a semantic map, a chart of the meanings of these words.",
)

MODELS = (
    "Which embedding models are there? Their dimensions and versions.",
    "List the models that turn texts into vectors.",
    "What embedding model do you use, and how many dimensions has it?",
    "Show the vector models with their hashes.",
)
