"""The simulated upstream city: an invented year of leads (`model`), and what delivers it (`servers`)."""
