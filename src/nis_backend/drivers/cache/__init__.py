"""What is kept for a while, counted and told to other processes: in this process, or in Redis."""
