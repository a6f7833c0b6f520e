"""The layers of a replica: experience -> process -> domain services; system APIs beside."""
