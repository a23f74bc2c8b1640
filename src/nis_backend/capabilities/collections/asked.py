"""How people ask for what is done with a whole collection."""

from __future__ import annotations

SEARCH = (
    'Search the collection recipes for "sourdough".',
    "Search my notes collection for parking.",
    "Look in the collection notes for opening hours.",
    "Find cheese in my collection recipes.",
    "What does my collection notes say about refunds?",
    "Which texts of the collection recipes are about bread?",
)
EXPORT = (
    "Export the collection notes to a file.",
    "Export all items of my notes collection.",
    "Write the collection recipes into a file as JSON lines.",
    "Save my collection notes as a file that I can download.",
    "Download the items of the collection recipes.",
    "Dump the collection notes.",
    "Back up my collection recipes into a file.",
    "Give me a file with everything in the collection notes.",
)
IMPORT = (
    "Import the attached file into the collection notes.",
    "Import this CSV into my recipes collection.",
    "Load these lines of JSON into the collection notes.",
    "Add the items of this file to the collection recipes.",
    "Read the items in this CSV into my collection notes.",
    "Import items from a file into a collection.",
)
REEMBED = (
    "Embed the collection notes anew.",
    "Re-embed my collection recipes with the default model.",
    "Reembed all texts of the collection notes.",
    "Recompute the vectors of my notes collection.",
    "Make new embeddings for the collection recipes.",
    "Switch the collection notes to another embedding model.",
)
