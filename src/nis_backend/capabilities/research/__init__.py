"""Research: pages and papers searched, fetched, read and quoted; nothing that is not in them."""
