"""The players: plain ``nn.Module``s with explicit keyword arguments."""
