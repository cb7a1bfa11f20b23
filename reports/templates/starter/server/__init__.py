"""An image server on your own GPU that answers the OpenAI Images API: see `docs/self_hosting.md`."""
