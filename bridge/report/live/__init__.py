"""The page that runs: what its scripts need to run the logic, to change any bit of it, and to tell what it is."""
