"""The note that lets someone stay at home: who may have one, for which days, and the two papers it is printed on."""
