"""`make demo` and `make up`: the simulated city, pulled and published through a real Airflow, day by day.

`run` holds the way of a day, `summary` what is printed at the end. Everyone in the city is invented.
"""
