"""What is published and what it is called: keys, records, what may go."""
