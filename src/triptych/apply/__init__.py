"""A trained model on molecules of one's own: no job imports it."""
