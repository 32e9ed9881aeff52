"""Pages for people: the index of a scale, notebooks as HTML, captions, what jobs took."""
