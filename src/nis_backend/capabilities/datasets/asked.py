"""How people ask for datasets: phrasings that the router learns from, and the rows of the examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

KINDS = {
    "labelled texts": "labels",
    "labeled texts": "labels",
    "texts with labels": "labels",
    "conversations": "chat",
    "chats": "chat",
    "chat": "chat",
    "dialogues": "chat",
    "instructions": "chat",
    "preferences": "preferences",
    "preference pairs": "preferences",
    "plain text": "text",
    "raw text": "text",
    "pictures": "images",
    "photographs": "images",
    "images": "images",
    "table": "table",
    "tabular": "table",
    "test cases": "cases",
    "evaluation cases": "cases",
}
"""Words that say of which kind a dataset is."""

# Any: the members of rows.
REVIEWS: Sequence[dict[str, Any]] = (
    {"text": "The parcel came on time, and well packed.", "label": "good"},
    {"text": "The cup was broken when it arrived.", "label": "bad"},
    {"text": "Nobody answers my letters.", "label": "bad"},
    {"text": "A fine cup, I drink from it every day.", "label": "good"},
    {"text": "The handle came off after a week.", "label": "bad"},
    {"text": "My mother loves it.", "label": "good"},
)
CHATS: Sequence[dict[str, Any]] = (
    {"prompt": "When do you open?", "completion": "At nine."},
    {"instruction": "Translate into French.", "input": "Good day.", "output": "Bonjour."},
    {"conversations": [{"from": "human", "value": "Is it far?"}, {"from": "gpt", "value": "Ten minutes on foot."}]},
)

CREATE = (
    "Make a new training set for chats.",
    "I want a dataset of preference pairs.",
    "Start a data set with images and what they show.",
    "Set up a dataset for tabular data.",
    "Create a training dataset of raw text.",
    "New dataset for evaluation cases please.",
    "Make me an empty dataset that I can put examples into.",
)
LIST = (
    "List my datasets.",
    "What data sets are there to train on?",
    "Show me all training data I have.",
    "Show my datasets with how many rows each has.",
    "Which training sets have I made?",
    "What datasets of examples do I own?",
)
STATISTICS = (
    "Statistics of my dataset reviews.",
    "How many rows and tokens are in the dataset reviews?",
    "How long are the examples in my training set reviews?",
    "What is the label distribution of the dataset reviews?",
    "Show how big the splits of the dataset reviews are.",
    "How many examples of each label does dataset reviews have?",
    "Describe the training data in the dataset reviews in numbers.",
)
EXAMPLES = (
    "What do the rows in my dataset reviews look like?",
    "Show me some examples from the dataset reviews.",
    "Print the first examples of the data set reviews.",
    "Let me see rows of the training set reviews.",
)
VALIDATE = (
    "Is there anything wrong with the dataset reviews?",
    "Check the dataset reviews for duplicates and leaks.",
    "Is my dataset reviews fit to train on?",
    "Validate the training data in dataset reviews.",
    "Are there duplicates in the dataset reviews?",
    "Does the test split of dataset reviews leak into its training split?",
    "Find problems in my data set reviews before I train.",
    "Are there secrets or empty rows left in the dataset reviews?",
)
SPLIT = (
    "Part my dataset reviews into training and test rows.",
    "Make a train/test split of the dataset reviews.",
    "Hold out ten percent of dataset reviews for testing.",
    "Divide the training data in dataset reviews into parts.",
)
