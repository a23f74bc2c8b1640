"""Events out and commands in: in this process, or over Kafka."""
