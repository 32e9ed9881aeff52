"""What a job needs while it runs, whatever it computes."""
