"""What is asked of the mapper: the least ratio of its rate to the bare driver's (section 3)."""

SQLITE = {
    "A": 0.77,
    "B": 0.42,
    "C": 0.77,
    "D": 0.49,
    "E": 0.44,
    "F": 0.31,
    "L": 0.31,
    "I": 0.48,
    "J": 0.30,
    "K": 0.29,
    "M": 0.47,
    "N": 0.36,
}
MYSQL = {
    "A": 1.2,
    "C": 1.2,
    "D": 2.5,
    "F": 2.1,
    "L": 2.1,
    "F36": 4.0,
    "I": 1.8,
    "J": 1.8,
    "K": 1.8,
    "M": 2.4,
    "N": 1.5,
    "L8": 1.9,
}
# Milliseconds of a whole process that imports the mapper, connects to SQLite and asks something.
START = {"connect": 60.0}
GOALS = {"sqlite": SQLITE, "mysql": MYSQL}
