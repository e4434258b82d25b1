"""How fresh each source is, measured: lags as they are observed, standings as of now, and breaches as they begin and
end. Time is always an argument."""
