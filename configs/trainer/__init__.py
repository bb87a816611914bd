"""How a network is fitted."""
