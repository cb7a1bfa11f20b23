"""What the databases need from us, whoever computes with them."""
