"""How people ask for classifiers that were trained here, beside the examples: the words that reach them."""

from __future__ import annotations

from typing import Any

# Any: the members of rows.
TICKETS: tuple[dict[str, Any], ...] = tuple(
    {"text": f"{start} {what}.", "label": label}
    for label, about in {
        "delivery": ("my parcel has not arrived", "the courier left my parcel in the rain", "where is my delivery"),
        "payment": ("I was charged twice", "my invoice shows another price", "the card payment was refused"),
    }.items()
    for what in about
    for start in ("Hello,", "Good day,", "Since Monday", "Please help:", "Once again", "It seems that", "Dear team,")
)

APPLY = (
    'What would the classifier tickets say about "I was charged twice"?',
    "Apply my trained classifier to this text.",
    'Classify "Where is my parcel?" with the model tickets.',
    "Run the model I trained on these rows and tell me the label and the probability.",
    "Predict the label of this message with my own trained model.",
    "What does my trained model say about this picture, and how sure is it?",
    "Use the classifier that I trained to sort these tickets.",
    "Score these customers with the model that we trained here.",
    "Predict the price of this row with my trained regression model.",
    "Let the trained classifier label these sentences and say which words weighed most.",
    "Make predictions with the local model that was trained from the dataset.",
)

DESCRIBE = (
    "How accurate is my classifier tickets?",
    "Which labels does the classifier tickets confuse?",
    "Show the confusion matrix of my trained classifier.",
    "What accuracy, F1 and calibration error did my trained classifier reach on its test rows?",
    "Which candidates were tried for the trained classifier, and which was chosen?",
    "Is my trained classifier better than always guessing the most frequent label?",
    "Which columns or words matter most to the classifier I trained?",
    "How well are the probabilities of my trained model calibrated?",
)
