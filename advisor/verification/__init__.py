"""Whether what was written still holds: one memo or record to the byte, and a folder of them under today's rules."""
