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
SHOW = (
    'How did the evaluation "evaluation-0199" do?',
    'What came out of evaluation "evaluation-0199"?',
    'Get the results of the evaluation "evaluation-0199".',
    'Show me the scores of evaluation "evaluation-0199" with their intervals.',
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
REPORT = (
    'Write a report of evaluation "evaluation-0199".',
    'Give me the evaluation report for "evaluation-0199" as a file.',
)
