"""What recipes can be told, a file each: light, for the server reads them."""
