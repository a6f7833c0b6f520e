"""What the fixtures of the pytest plugin hand out. Standard library and pytest only.

Whatever measures or injects is a child process: a test session loads and patches nothing of it.
"""
