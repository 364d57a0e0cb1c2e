"""Who plays whom, with which losses."""
