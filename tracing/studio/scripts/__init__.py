"""The studio of scripts: their versions read, drafted step by step, checked, previewed, compared, approved."""
