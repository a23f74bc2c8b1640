"""One question thought through along several paths: sampled, searched, debated, revised, each beside a vote."""
