"""Raw inputs: the registry of what they are, and the resolver that fetches and checks them."""
