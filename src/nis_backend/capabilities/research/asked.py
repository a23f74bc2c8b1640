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
