"""What reads finished results: no job imports it."""
