"""The simulated upstream city: an invented year of leads (`model`), and the systems that deliver it (`servers`)."""
