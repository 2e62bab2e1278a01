//! The store that many nodes share, on PostgreSQL 15 and newer (DESIGN 5, 6).
