"""What a laboratory's system sends by itself: files and HL7 messages over HTTPS, and HL7 messages by MLLP."""
