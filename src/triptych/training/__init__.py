"""What the trainings of all papers share."""
