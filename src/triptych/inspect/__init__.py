"""What reads finished results, and the numbers of record: no script imports it."""
