//! The packed, versioned log of a delivery's attempts, kept in its row (DESIGN 5).
