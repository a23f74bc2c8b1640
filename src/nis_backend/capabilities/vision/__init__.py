"""Vision: what a picture shows, measured and found."""
