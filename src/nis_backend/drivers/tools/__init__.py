"""Tools of other servers, which the agents here may call."""
