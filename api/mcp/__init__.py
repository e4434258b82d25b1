"""Tools for assistants over the Model Context Protocol (modelcontextprotocol.io), as the signed-in person."""
