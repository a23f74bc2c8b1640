"""Python that a caller gives, run where there is nothing to reach: no file of the host, no network, no process."""
