"""What is told of this process: lines, counters, traces."""
