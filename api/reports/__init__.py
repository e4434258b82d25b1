"""Reports for compliance: the weekly one, and the data map for a privacy impact assessment."""
