"""Why a prediction is what it is: the exact terms of its margin, what each part changes, and what suffices for it."""
