"""How people ask for research."""

from __future__ import annotations

WEB = (
    "Search the web for the height of the Eiffel tower.",
    "Search online for news about fusion.",
    "Google the opening hours of the museum.",
    "Look up heat pumps on the internet.",
    "Find web pages about sourdough.",
    "Do a web search on battery recycling.",
    "What does the internet say about cold plunges?",
    "Look online for reviews of this bicycle.",
    "Can you search the internet for the latest release?",
    "Find articles about coral reefs on the web.",
)
PAPERS = (
    "Find papers on quantum error correction.",
    "Search arXiv for diffusion models.",
    "Look up recent publications about graphene.",
    "Which articles on arXiv are about dark matter?",
    "Show me the newest preprints on protein folding.",
    "Search the scientific literature for perovskite solar cells.",
    "Are there studies on sleep and memory?",
    "List five papers about reinforcement learning.",
    "Find research papers by their topic.",
    "Search for academic articles on turbulence.",
)
TOPIC = (
    "Research heat pumps and report.",
    "Research battery recycling and write a report.",
    "Do deep research on coral bleaching.",
    "Do some research on the history of tea and report back.",
    "Run deep research into perovskite solar cells.",
    "Investigate why bees die and write me a report.",
    "Write a research report about sourdough.",
    "Write a report with sources on the Suez canal.",
    "Start a research run on glaciers.",
    "I want a report with citations about cold fusion.",
    "Look into quantum sensing in depth and report with sources.",
)
PAGE = (
    "Read https://example.org/news and tell me what it says.",
    "Open https://example.org and show me its text.",
    "Fetch the page https://example.org/article.",
    "What does https://example.org/about say?",
    "Read this article: https://example.org/story",
    "Get me the text of the website https://example.org.",
    "Summarise https://example.org/report",
    "Have a look at https://example.org/news",
    "Look at https://example.org/a for me.",
    "What's on https://example.org/b?",
    "Check out https://example.org/c and tell me about it.",
    "Visit the site https://example.org/d",
    "What is written on the page https://example.org/faq?",
)
