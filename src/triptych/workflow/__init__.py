"""What every step needs and no paper owns: configuration, steps, stores, provenance. No science."""
