"""How the papers of a note reach the person, as they choose: by letter, or by a link that opens once."""
