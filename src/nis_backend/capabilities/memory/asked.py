"""Other ways in which people ask for what is remembered."""

from __future__ import annotations

LIST_MEMORIES = (
    "What do you remember about me?",
    "What do you know about me?",
    "List my memories.",
    "Which memories of me do you keep?",
    "What have you remembered so far?",
    "Tell me all that you have remembered about me.",
    "What did I ask you to remember?",
    "Show the memories you have of me.",
    "What facts about me do you keep in memory?",
    "What is in your long-term memory?",
)
RECALL = (
    'What do you remember about "the ship"?',
    'Recall what I said about "my diet".',
    'Do you remember anything about "Berlin"?',
    'Search your memory for "birthday".',
    'Find memories about "the budget".',
    'What did I tell you about "my sister"?',
    'Look in your memory for "the password hint".',
)
