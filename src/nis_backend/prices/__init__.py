"""What is paid for, and what it costs: price lists as they were read on a day, each with its source."""
