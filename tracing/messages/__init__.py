"""What goes out to a person besides calls: text messages and letters. Nothing is sent from here yet."""
