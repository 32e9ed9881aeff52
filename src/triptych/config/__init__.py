"""The typed configuration: one model, from which defaults, schema, file and docs are made."""
