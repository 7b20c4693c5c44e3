"""What training gives for its gates: the frontier, methods of training, kinds of memory. Needs torch but for trees."""
