from tests.api.subjects.house import company

__all__ = ["company"]
