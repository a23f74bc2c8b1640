"""How people ask for evaluations."""

from __future__ import annotations

LIST = (
    "List my evaluations.",
    "Which evaluations are there?",
    "Show the evaluations I have run.",
    "What evaluations have been done so far?",
    "Show me the latest evaluation results.",
    "Which models have I evaluated?",
)
COMPARE = (
    'Compare evaluation "evaluation-0199" with "evaluation-0200".',
    'Is evaluation "evaluation-0200" significantly better than "evaluation-0199"?',
    'Are the evaluations "evaluation-0199" and "evaluation-0200" different beyond chance?',
    'Test whether evaluation "evaluation-0200" beats evaluation "evaluation-0199".',
)
SCORE = (
    "Score these answers against the expected ones.",
    "Compute exact match and F1 of my answers.",
    "What is the chrF of this translation against the reference?",
    "Grade these answers without a model.",
    "How similar is my answer to the expected answer by token F1?",
)
